import {assert} from '../base/assert.ts';
import type {
	BuiltinOptions,
	CommandOptions,
	CommandParse,
	HaproxyOptions,
	NginxOptions,
	RouterOptions,
} from '../core/router-options.ts';
import {compileAlb, compileArgo, compileGateway} from './compile-cloud-routers.ts';
import type {RouterProfile} from './schema.ts';
import {parseSocket} from './socket.ts';
import {soundMs} from './sound.ts';

type Kinds = NonNullable<RouterProfile['fallback']>;

/** The options of the one router that stands in a loaded profile. */
export function compileRouter({
	haproxy,
	nginx,
	command,
	builtin,
	'aws-alb': alb,
	'gateway-api': gateway,
	'argo-rollouts': argo,
}: Kinds): RouterOptions {
	if (haproxy) return compileHaproxy(haproxy);
	if (nginx) return compileNginx(nginx);
	if (builtin) return compileBuiltin(builtin);
	if (alb) return compileAlb(alb);
	if (gateway) return compileGateway(gateway);
	if (argo) return compileArgo(argo);
	assert(command !== undefined, 'a loaded profile has a router');
	return compileCommand(command);
}

function compileHaproxy({socket, backends, totalWeight, stateFile, timeout}: NonNullable<Kinds['haproxy']>): HaproxyOptions {
	const address = parseSocket(socket);
	assert(address !== undefined, `a loaded profile has sound sockets: ${socket}`);
	return {
		kind: 'haproxy',
		socket: address,
		backends: backends.map(({name, baseline = [], candidate = []}) => ({name, baseline, candidate})),
		totalWeight,
		...(stateFile !== undefined && {stateFile}),
		timeoutMs: soundMs(timeout),
	};
}

function compileNginx(nginx: NonNullable<Kinds['nginx']>): NginxOptions {
	const {directives, prefix, config, pidFile, test, reload} = nginx;
	return {
		kind: 'nginx',
		include: nginx.include,
		upstream: nginx.upstream,
		baseline: nginx.baseline ?? [],
		candidate: nginx.candidate ?? [],
		...(directives && {directives}),
		revisionUrl: nginx.revisionUrl,
		binary: nginx.binary,
		...(prefix !== undefined && {prefix}),
		...(config !== undefined && {config}),
		...(pidFile !== undefined && {pidFile}),
		...(test && {test}),
		...(reload && {reload}),
		timeoutMs: soundMs(nginx.timeout),
	};
}

function compileBuiltin(builtin: NonNullable<Kinds['builtin']>): BuiltinOptions {
	const {listen, baseline = [], candidate = [], sticky, metricsListen, controlSocket, endWithSession, timeout} = builtin;
	assert(controlSocket !== undefined, 'a loaded profile says where the control socket is');
	const {header, cookie} = sticky ?? {};
	return {
		kind: 'builtin',
		listen,
		baseline,
		candidate,
		...(header !== undefined && {sticky: {header}}),
		...(cookie !== undefined && {sticky: {cookie}}),
		controlSocket,
		...(metricsListen !== undefined && {metricsListen}),
		endWithSession,
		timeoutMs: soundMs(timeout),
	};
}

function compileCommand({read, write, scale, decimals, timeout, cwd}: NonNullable<Kinds['command']>): CommandOptions {
	assert(cwd !== undefined, 'a loaded profile says where commands run');
	const {side} = read;
	assert(side === 'candidate' || side === 'baseline', 'a loaded profile has one name for each side');
	return {
		kind: 'command',
		read: {argv: read.argv, env: read.env ?? {}, parse: compileParse(read.parse), side},
		write: {argv: write.argv, env: write.env ?? {}},
		scale,
		decimals,
		timeoutMs: soundMs(timeout),
		cwd,
	};
}

function compileParse({regex, jsonPath}: NonNullable<Kinds['command']>['read']['parse']): CommandParse {
	if (regex !== undefined) return {regex};
	assert(jsonPath !== undefined, 'a loaded profile says how the weight is found');
	return {jsonPath};
}

/** What the router is and what it moves, for people: the words of `Router.target`. */
export function routerText(options: RouterOptions): string {
	switch (options.kind) {
		case 'haproxy': {
			const {socket, backends} = options;
			const address = 'path' in socket ? `unix:${socket.path}` : `${socket.host}:${socket.port}`;
			const servers = backends.flatMap(({name, candidate}) => candidate.map(server => `${name}/${server}`));
			return `haproxy ${address} ${servers.join(',')}`;
		}
		case 'nginx':
			return `nginx ${options.include} ${options.upstream}`;
		case 'command':
			return `command ${options.write.argv.join(' ')}`;
		case 'builtin':
			return `builtin ${options.listen}`;
		case 'argo-rollouts': {
			const {namespace, rollout, access} = options;
			return `argo-rollouts ${namespace}/${rollout}${access.context === undefined ? '' : ` in ${access.context}`}`;
		}
		case 'gateway-api': {
			const {namespace, route, access} = options;
			return `gateway-api ${namespace}/${route}${access.context === undefined ? '' : ` in ${access.context}`}`;
		}
		case 'aws-alb':
			return `aws-alb ${'rule' in options.at ? options.at.rule : options.at.listener}`;
	}
}
