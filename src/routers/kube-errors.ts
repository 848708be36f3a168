import type {RouterError} from '../core/split.ts';
import {quoted, routerError} from './router-error.ts';

/** One object of the API, or with an empty name the list of them. */
export type KubeObject = {
	readonly group: string;
	readonly version: string;
	readonly plural: string;
	readonly namespace: string;
	readonly name: string;
};

export type KubeVerb = 'get' | 'list' | 'patch';

/** What the client throws: an answer with a code and a Status, or what Node and undici say about the connection. */
type Thrown = {
	readonly code?: unknown;
	readonly body?: unknown;
	readonly message?: string;
	readonly cause?: {readonly code?: string; readonly message?: string};
};

/** The HTTP status of an answer; 0 where none came. */
export const statusOf = (error: unknown): number => {
	const {code} = error as Thrown;
	return typeof code === 'number' ? code : 0;
};

/** The server has too much to do, or is being replaced: the same request may go well in a moment. */
export const isPassing = (error: unknown): boolean => statusOf(error) === 429 || statusOf(error) >= 500;

export const isConflict = (error: unknown): boolean => statusOf(error) === 409;

/** The server's own sentence; a Status where it is one, else the text. */
function said(error: unknown): string {
	const {body, message = '', cause} = error as Thrown;
	const text = typeof body === 'string' ? parsed(body) : body;
	const own = (text as {message?: unknown} | undefined)?.message;
	if (typeof own === 'string' && own !== '') return own;
	if (typeof body === 'string' && body !== '') return body;
	return cause?.message ?? message;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS|ERR_SSL|EPROTO/;

/** `where` names the object and the cluster. */
export function kubeError(
	where: string,
	verb: KubeVerb,
	{group, plural, namespace, name}: KubeObject,
	error: unknown,
): RouterError {
	const words = quoted(said(error));
	const resource = `${plural}.${group}`;
	switch (statusOf(error)) {
		case 0:
			return connectionError(where, error);
		case 401: {
			const remedy = 'Renew the token or the client certificate of this context: kubectl --context … get pods shows the same.';
			return routerError('refused', `${where}: the API server does not take the credentials (401). It said ${words}.`, remedy);
		}
		case 403: {
			const remedy = `Give the user or service account a Role in ${namespace} with apiGroups [${group}], resources [${resourceOf(plural, name)}], verbs [get, patch].`;
			return routerError('refused', `${where}: no permission to ${verb} ${resource} in ${namespace}. It said ${words}.`, remedy);
		}
		case 404: {
			const remedy = `kubectl -n ${namespace} get ${resource} shows what there is. Is the custom resource installed?`;
			return routerError('refused', `${where}: there is no such object. It said ${words}.`, remedy);
		}
		case 409: {
			const remedy = 'Something else writes this object again and again: an operator, a GitOps tool.';
			return routerError('refused', `${where}: somebody else changed it at the same time, each time. It said ${words}.`, remedy);
		}
		default:
			return routerError('refused', `${where}: the API server answered ${statusOf(error)} to ${verb}. It said ${words}.`);
	}
}

const resourceOf = (plural: string, name: string): string =>
	plural === 'rollouts' && name !== '' ? 'rollouts, rollouts/status' : plural;

function connectionError(where: string, error: unknown): RouterError {
	const {cause, message = '', code} = error as Thrown;
	const why = cause?.code ?? (typeof code === 'string' ? code : '');
	const text = quoted(`${why} ${cause?.message ?? message}`);
	if (tlsCodes.test(why)) {
		const remedy =
			'Compare certificate-authority and tls-server-name of this cluster in the kubeconfig with what the server shows.';
		return routerError('unreachable', `${where}: no trust between us and the API server: ${text}.`, remedy);
	}
	return routerError(
		'unreachable',
		`${where}: the API server can't be reached: ${text}.`,
		'Is the address in the kubeconfig right, and a VPN or tunnel up?',
	);
}
