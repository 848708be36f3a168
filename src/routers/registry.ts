import {fail, type Result} from '../base/result.ts';
import type {RouterKind, RouterOptions} from '../core/router-options.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {RouterError} from '../core/split.ts';
import {openAlb} from './alb.ts';
import {openArgo} from './argo.ts';
import {openBuiltin} from './builtin.ts';
import {openCommand} from './command.ts';
import {openGateway} from './gateway.ts';
import {openHaproxy} from './haproxy.ts';
import {openNginx} from './nginx.ts';
import type {Router} from './router.ts';
import {quoted, routerError} from './router-error.ts';

/** What a router may need from outside. */
export type RouterTools = {readonly resolveSecret: ResolveSecret};

type OpenRouter<Kind extends RouterKind> = (
	options: Extract<RouterOptions, {kind: Kind}>,
	tools: RouterTools,
) => Result<Router, RouterError>;

/** Does not compile while a kind of the options has no entry. */
const routers: {readonly [Kind in RouterKind]: OpenRouter<Kind>} = {
	haproxy: openHaproxy,
	nginx: openNginx,
	command: (options, {resolveSecret}) => openCommand(options, resolveSecret),
	builtin: openBuiltin,
	'aws-alb': openAlb,
	'gateway-api': openGateway,
	'argo-rollouts': openArgo,
};

export const routerKinds = Object.keys(routers) as readonly RouterKind[];

/** Opens the router that the options name. Nothing is connected, run or written before its first call. */
export function openRouter(options: RouterOptions, tools: RouterTools): Result<Router, RouterError> {
	const {kind} = options;
	if (!Object.hasOwn(routers, kind)) {
		const known = routerKinds.join(', ');
		return fail(routerError('bad-options', `There is no router ${quoted(String(kind))}. Known routers: ${known}.`));
	}
	// The table pairs each kind with its own options; the compiler can't follow that through an index.
	const open = routers[kind] as OpenRouter<RouterKind>;
	return open(options as never, tools);
}
