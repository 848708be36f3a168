import {readFileSync} from 'node:fs';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import type {TLSSocket} from 'node:tls';

export type Json = null | boolean | number | string | Json[] | {[name: string]: Json};
export type Fields = {[name: string]: Json};

const tlsFile = (name: string): string => join(import.meta.dirname, '../sources/tls', name);
export const kubeToken = 'stub-service-account-token';

/** `changed-by-others`: somebody else writes the object just before. `drop`: the connection ends without an answer. */
export type KubeTrouble = {
	readonly method: 'GET' | 'PATCH';
	/** Part of the path. */
	readonly path: string;
	readonly times: number;
	readonly as: number | 'hang' | 'drop' | 'changed-by-others';
};

/** What a controller in the cluster would do after somebody wrote an object. */
export type Reaction = (object: Fields, part: 'whole' | 'status') => void;

export type KubeStub = AsyncDisposable & {
	readonly port: number;
	readonly ca: string;
	/** By path: `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME`. */
	readonly objects: Map<string, Fields>;
	readonly troubles: KubeTrouble[];
	/** `PATCH /apis/… application/merge-patch+json`, with ` → 409` where it was refused. */
	readonly calls: string[];
	put(path: string, object: Fields): void;
	/** Called after each change by a client. */
	react: Reaction;
	/** A kubeconfig for it; `certificate` signs in with the client certificate, `token` with the bearer token. */
	kubeconfig(by: 'certificate' | 'token' | 'nothing' | 'wrong-token', trust?: boolean): string;
};

/** A part of the Kubernetes API, over TLS, that keeps custom resources. Strict: what a real server would refuse, it refuses. */
export async function startKubeStub(): Promise<KubeStub> {
	const objects = new Map<string, Fields>();
	const troubles: KubeTrouble[] = [];
	const calls: string[] = [];
	let version = 100;
	const ca = readFileSync(tlsFile('ca.pem'), 'utf8');
	const server = createServer(
		{
			cert: readFileSync(tlsFile('server.pem')),
			key: readFileSync(tlsFile('server.key.pem')),
			ca,
			requestCert: true,
			rejectUnauthorized: false,
		},
		(request, response) => void serve(request, response).catch(() => response.destroy()),
	);
	const bump = (object: Fields): void => {
		fields(object['metadata'])['resourceVersion'] = String(++version);
	};
	const stub = {
		objects,
		troubles,
		calls,
		ca,
		react: (() => {}) as Reaction,
		put(path: string, object: Fields): void {
			objects.set(path, structuredClone({...object, metadata: {generation: 1, ...fields(object['metadata'])}}));
			bump(objects.get(path) as Fields);
		},
	};

	async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const {pathname, searchParams} = new URL(request.url ?? '/', 'https://stub');
		const type = request.headers['content-type'] ?? '';
		const call = `${request.method} ${pathname}${request.method === 'PATCH' ? ` ${type}` : ''}`;
		const at = calls.push(call) - 1;
		const answer = (status: number, body: Json): void => {
			response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
		};
		const refuse = (code: number, reason: string, message: string): void => {
			calls[at] = `${call} → ${code}`;
			answer(code, {kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message});
		};
		const isSignedIn = (request.socket as TLSSocket).authorized || request.headers.authorization === `Bearer ${kubeToken}`;
		if (!isSignedIn) return refuse(401, 'Unauthorized', 'Unauthorized');
		const trouble = takeTrouble(troubles, request.method ?? '', pathname);
		if (trouble === 'hang') return;
		if (trouble === 'drop') return void response.destroy();
		if (trouble === 403)
			return refuse(
				403,
				'Forbidden',
				`${pathname.split('/').at(-1)} is forbidden: User "console" cannot ${request.method} resource \u001b[2J`,
			);
		if (typeof trouble === 'number') return refuse(trouble, 'Trouble', `trouble ${trouble}`);
		const isStatus = pathname.endsWith('/status');
		const path = isStatus ? pathname.slice(0, -'/status'.length) : pathname;
		const object = objects.get(path);
		if (request.method === 'GET' && /\/(?:endpointslices|replicasets)$/.test(path)) {
			const [, label = '', wanted] = /^([a-z./-]+)=([a-z0-9.-]+)$/.exec(searchParams.get('labelSelector') ?? '') ?? [];
			if (wanted === undefined) return refuse(400, 'BadRequest', 'this stub lists by one label only');
			const found = [...objects].filter(([key, one]) => {
				return key.startsWith(`${path}/`) && fields(fields(one['metadata'])['labels'])[label] === wanted;
			});
			return answer(200, {kind: 'List', items: found.map(([, one]) => one)});
		}
		if (!object) return refuse(404, 'NotFound', `${path.split('/').at(-2)} "${path.split('/').at(-1)}" not found`);
		if (request.method === 'GET') return answer(200, object);
		if (request.method !== 'PATCH') return refuse(405, 'MethodNotAllowed', String(request.method));
		if (type === 'application/strategic-merge-patch+json')
			return refuse(
				415,
				'UnsupportedMediaType',
				'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
			);
		if (type !== 'application/merge-patch+json')
			return refuse(415, 'UnsupportedMediaType', `the stub takes merge patches only, not ${type}`);
		const patch = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json;
		if (!isFields(patch)) return refuse(400, 'BadRequest', 'a merge patch is an object');
		if (trouble === 'changed-by-others') bump(object);
		const expected = fields(patch['metadata'])['resourceVersion'];
		if (expected !== undefined && expected !== fields(object['metadata'])['resourceVersion'])
			return refuse(
				409,
				'Conflict',
				'the object has been modified; please apply your changes to the latest version and try again',
			);
		// With a status subresource each of the two doors leaves the other part alone.
		const {[isStatus ? 'spec' : 'status']: _, ...taken} = patch;
		const next = merged(object, taken) as Fields;
		const fault = objectFault(next);
		if (fault !== undefined) return refuse(422, 'Invalid', fault);
		if (JSON.stringify(next) !== JSON.stringify(object)) {
			if (JSON.stringify(next['spec']) !== JSON.stringify(object['spec'])) {
				const metadata = fields(next['metadata']);
				metadata['generation'] = Number(metadata['generation']) + 1;
			}
			bump(next);
			objects.set(path, next);
		}
		answer(200, next);
		stub.react(next, isStatus ? 'status' : 'whole');
		bump(next);
	}

	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	const base64 = (name: string): string => readFileSync(tlsFile(name)).toString('base64');
	const users = {
		certificate: {'client-certificate-data': base64('client.pem'), 'client-key-data': base64('client.key.pem')},
		token: {token: kubeToken},
		'wrong-token': {token: 'another'},
		nothing: {},
	} as const;
	return Object.assign(stub, {
		port,
		kubeconfig: (by: keyof typeof users, trust = true): string =>
			JSON.stringify({
				apiVersion: 'v1',
				kind: 'Config',
				clusters: [
					{
						name: 'stub',
						cluster: {server: `https://127.0.0.1:${port}`, ...(trust && {'certificate-authority-data': base64('ca.pem')})},
					},
				],
				users: [{name: 'console', user: users[by]}],
				contexts: [
					{name: 'prod', context: {cluster: 'stub', user: 'console'}},
					{name: 'elsewhere', context: {cluster: 'gone', user: 'console'}},
				],
				'current-context': 'prod',
			}),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise(resolve => server.close(resolve));
		},
	});
}

const isFields = (value: Json | undefined): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
export const fields = (value: Json | undefined): Fields => (isFields(value) ? value : {});
export const items = (value: Json | undefined): Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/** RFC 7386. */
function merged(target: Json | undefined, patch: Json): Json {
	if (!isFields(patch)) return patch;
	const result = {...fields(target)};
	for (const [name, value] of Object.entries(patch)) {
		if (value === null) delete result[name];
		else result[name] = merged(result[name], value);
	}
	return result;
}

/** What the schema of an HTTPRoute says about weights. */
function objectFault({kind, spec}: Fields): string | undefined {
	if (kind !== 'HTTPRoute') return undefined;
	for (const rule of items(fields(spec)['rules'])) {
		for (const {name, port, weight = 1} of items(rule['backendRefs'])) {
			if (typeof name !== 'string' || typeof port !== 'number') return 'a backendRef to a Service needs name and port';
			if (!(Number.isInteger(weight) && Number(weight) >= 0 && Number(weight) <= 1_000_000)) return `weight ${String(weight)}`;
		}
	}
	return undefined;
}

function takeTrouble(troubles: KubeTrouble[], method: string, path: string): KubeTrouble['as'] | undefined {
	const index = troubles.findIndex(trouble => trouble.method === method && path.includes(trouble.path));
	const trouble = troubles[index];
	if (!trouble) return undefined;
	if (trouble.times <= 1) troubles.splice(index, 1);
	else troubles[index] = {...trouble, times: trouble.times - 1};
	return trouble.as;
}
