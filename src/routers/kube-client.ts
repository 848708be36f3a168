import {homedir} from 'node:os';
import type {CustomObjectsApi, KubeConfig, ObservableMiddleware} from '@kubernetes/client-node';
import {fail, ok, type Result} from '../base/result.ts';
import type {KubeAccess} from '../core/cloud-router-options.ts';
import type {RouterError} from '../core/split.ts';
import {type Deadline, orAbort, pause} from './deadline.ts';
import {isConflict, isPassing, type KubeObject, type KubeVerb, kubeError} from './kube-errors.ts';
import {abortedError, quoted, routerError} from './router-error.ts';

const backoffMs = {first: 100, most: 2_000} as const;

type Library = typeof import('@kubernetes/client-node');
type Dispatcher = {destroy(): Promise<void>; close(): Promise<void>};
type Opened = {readonly library: Library; readonly api: CustomObjectsApi};

/** A merge patch (RFC 7386): the only kind that both custom resources and their status take without a schema of their own. */
const mergePatch = 'application/merge-patch+json';

/** Reads and patches custom objects through the official client. The library is loaded at the first call, and the kubeconfig read then. */
export class KubeClient {
	readonly #access: KubeAccess;
	readonly #where: string;
	readonly #timeoutMs: number;
	#opened: Promise<Result<Opened, RouterError>> | undefined;

	constructor(access: KubeAccess, where: string, timeoutMs: number) {
		this.#access = access;
		this.#where = where;
		this.#timeoutMs = timeoutMs;
	}

	get<Found>(object: KubeObject, deadline: Deadline): Promise<Result<Found, RouterError>> {
		return this.#ask('get', object, deadline, (api, options) => api.getNamespacedCustomObject(object, options)) as Promise<
			Result<Found, RouterError>
		>;
	}

	list<Found>(objects: Omit<KubeObject, 'name'>, labelSelector: string, deadline: Deadline): Promise<Result<Found, RouterError>> {
		return this.#ask('list', {...objects, name: ''}, deadline, (api, options) =>
			api.listNamespacedCustomObject({...objects, labelSelector}, options),
		) as Promise<Result<Found, RouterError>>;
	}

	/** `conflict`: somebody else was faster; nothing was changed. */
	async patch<Found>(
		object: KubeObject,
		body: unknown,
		deadline: Deadline,
		part: 'whole' | 'status' = 'whole',
	): Promise<Result<Found, RouterError | 'conflict'>> {
		let conflict = false;
		const patched = await this.#ask('patch', object, deadline, async (api, options) => {
			const parameters = {...object, body, fieldManager: 'canary-console'};
			try {
				return await (part === 'whole'
					? api.patchNamespacedCustomObject(parameters, options)
					: api.patchNamespacedCustomObjectStatus(parameters, options));
			} catch (error) {
				conflict = isConflict(error);
				throw error;
			}
		});
		return patched.ok || !conflict ? (patched as Result<Found, RouterError>) : fail('conflict');
	}

	async #ask(
		verb: KubeVerb,
		object: KubeObject,
		deadline: Deadline,
		send: (
			api: CustomObjectsApi,
			options: {middleware: ObservableMiddleware[]; middlewareMergeStrategy: 'append'},
		) => Promise<unknown>,
	): Promise<Result<unknown, RouterError>> {
		this.#opened ??= this.#open();
		const opened = await orAbort(this.#opened, deadline.signal);
		let last: unknown;
		for (let waitMs: number = backoffMs.first; opened !== undefined && !deadline.signal.aborted; ) {
			if (!opened.ok) return opened;
			const {library, api} = opened.value;
			using connection = connect(library, deadline.signal, verb);
			const middleware = [connection.middleware];
			const answered = send(api, {middleware, middlewareMergeStrategy: 'append'}).then<
				Result<unknown, unknown>,
				Result<unknown, unknown>
			>(ok, fail);
			const answer = await orAbort(answered, deadline.signal);
			if (answer === undefined || (!answer.ok && deadline.signal.aborted)) break;
			if (answer.ok) return answer;
			last = answer.error;
			if (!isPassing(last)) return fail(kubeError(this.#where, verb, object, last));
			await pause(waitMs, deadline.signal);
			waitMs = Math.min(waitMs * 2, backoffMs.most);
		}
		if (deadline.reason() === 'aborted') return fail(abortedError(this.#where));
		if (last !== undefined) return fail(kubeError(this.#where, verb, object, last));
		const remedy = 'Is the API server overloaded, or does the sign-in program of the kubeconfig wait for somebody?';
		return fail(routerError('timeout', `${this.#where}: no answer to ${verb} within ${this.#timeoutMs} ms.`, remedy));
	}

	async #open(): Promise<Result<Opened, RouterError>> {
		const library = await import('@kubernetes/client-node');
		const config = new library.KubeConfig();
		const loaded = load(config, this.#access);
		if (!loaded.ok) return fail(routerError('bad-options', `${this.#where}: ${loaded.error}`, kubeconfigRemedy));
		return ok({library, api: config.makeApiClient(library.CustomObjectsApi)});
	}
}

const kubeconfigRemedy =
	'Name a "kubeconfig" and a "context" in the profile, or run in a pod with a service account ("inCluster: true").';

function load(config: KubeConfig, {kubeconfig, context, inCluster, root}: KubeAccess): Result<void, string> {
	try {
		if (inCluster) config.loadFromCluster(root);
		else if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
		else config.loadFromDefault();
	} catch (error) {
		const name = inCluster ? "the pod's service account" : quoted(kubeconfig ?? `the kubeconfig of ${homedir()}`);
		return fail(`${name} can't be read: ${quoted((error as Error).message)}`);
	}
	if (context !== undefined) {
		const known = config.getContexts().map(({name}) => name);
		if (!known.includes(context)) return fail(`there is no context ${quoted(context)}; known are ${quoted(known.join(', '))}.`);
		config.setCurrentContext(context);
	}
	const cluster = config.getCurrentCluster();
	if (!cluster) return fail(`the context ${quoted(config.getCurrentContext() ?? '')} names no cluster.`);
	// The library's last resort, which is nobody's cluster.
	if (!inCluster && kubeconfig === undefined && cluster.server === 'http://localhost:8080')
		return fail('there is no kubeconfig, and this is no pod.');
	return ok(undefined);
}

/**
 * One request's own connection: it ends with the request, however that ends, and certificates and tokens that are renewed in their
 * files count from the next one on.
 */
function connect(
	{Observable}: Library,
	signal: AbortSignal,
	verb: KubeVerb,
): Disposable & {readonly middleware: ObservableMiddleware} {
	const dispatchers: Dispatcher[] = [];
	return {
		middleware: {
			pre(request) {
				request.setSignal(signal);
				if (verb === 'patch') request.setHeaderParam('content-type', mergePatch);
				const dispatcher = request.getDispatcher() as Dispatcher | undefined;
				if (dispatcher) dispatchers.push(dispatcher);
				return new Observable(Promise.resolve(request));
			},
			post: response => new Observable(Promise.resolve(response)),
		},
		[Symbol.dispose]() {
			for (const dispatcher of dispatchers) dispatcher.destroy().catch(() => {});
		},
	};
}
