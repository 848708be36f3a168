import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {json} from 'node:stream/consumers';

/** Grafana itself can't be had in tests: its API as far as `POST /api/dashboards/db` goes, refusing what the real one refuses. */
export type GrafanaStub = {
	readonly url: string;
	/** The dashboards it keeps, by uid, each with the version it is at. */
	readonly kept: Map<string, {readonly dashboard: object; readonly version: number}>;
	/** What it says the path of the dashboard is, in place of the right one. */
	answerUrl: string | undefined;
	close(): void;
};

type Posted = {dashboard?: {uid?: string; title?: string; id?: unknown; panels?: unknown}; overwrite?: boolean; message?: string};

/** Serves below `/grafana`, for the token `s3cret-token`. */
export async function startGrafanaStub(): Promise<GrafanaStub> {
	const kept: GrafanaStub['kept'] = new Map();
	const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
		if (request.url !== '/grafana/api/dashboards/db') return [404, {message: 'Not found'}];
		if (request.method !== 'POST') return [405, {message: 'Method not allowed'}];
		if (request.headers.authorization !== 'Bearer s3cret-token') return [401, {message: 'Invalid API key'}];
		if (request.headers['content-type'] !== 'application/json') return [400, {message: 'bad request data'}];
		const {dashboard = {}, overwrite} = (await json(request)) as Posted;
		const {uid = '', title, id} = dashboard;
		if (!title) return [400, {message: 'Dashboard title cannot be empty', status: 'empty-name'}];
		if (!/^[a-zA-Z0-9_-]{1,40}$/.test(uid)) return [400, {message: 'uid contains illegal characters'}];
		if (id !== undefined && id !== null) return [404, {message: 'Dashboard not found', status: 'not-found'}];
		const before = kept.get(uid);
		if (before && overwrite !== true)
			return [412, {message: 'The dashboard has been changed by someone else', status: 'version-mismatch'}];
		const version = (before?.version ?? 0) + 1;
		kept.set(uid, {dashboard, version});
		const slug = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
		const id_ = [...kept.keys()].indexOf(uid) + 1;
		return [200, {id: id_, uid, url: stub.answerUrl ?? `/grafana/d/${uid}/${slug}`, status: 'success', version, slug}];
	};
	const server = createServer(async (request, response) => {
		const [status, body] = await answer(request);
		response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const stub: GrafanaStub = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		kept,
		answerUrl: undefined,
		close: () => server.close().closeAllConnections(),
	};
	return stub;
}
