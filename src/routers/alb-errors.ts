import type {RouterError} from '../core/split.ts';
import {quoted, routerError} from './router-error.ts';

/** The calls we make; each is also the name of the permission it needs. */
export type AlbCall = 'DescribeRules' | 'DescribeListeners' | 'DescribeTargetHealth' | 'ModifyRule' | 'ModifyListener';

/** What the SDK throws: its own errors and Node's. */
type Thrown = {
	readonly name?: string;
	readonly message?: string;
	readonly code?: string;
	readonly $metadata?: {readonly httpStatusCode?: number};
};

const throttles = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException', 'SlowDown'];

const statusOf = ({$metadata}: Thrown): number => $metadata?.httpStatusCode ?? 0;

/** Too many questions, or a fault on the other side: the same call may go well in a moment. */
export const isPassing = (error: unknown): boolean => {
	const thrown = error as Thrown;
	return throttles.includes(thrown.name ?? '') || statusOf(thrown) >= 500 || statusOf(thrown) === 429;
};

/** What an error of the SDK means, and what to do about it. `where` names the rule and the region. */
export function albError(where: string, call: AlbCall, error: unknown): RouterError {
	const thrown = error as Thrown;
	const {name = '', message = '', code = ''} = thrown;
	const said = quoted(message === '' ? name : message);
	if (/^(AccessDenied|UnauthorizedOperation|Forbidden)/.test(name)) {
		const remedy = `Allow it in the policy of the role or user that the controller runs as: "Action": "elasticloadbalancing:${call}".`;
		return routerError('refused', `${where}: no permission elasticloadbalancing:${call}. AWS said ${said}.`, remedy);
	}
	if (name === 'CredentialsProviderError' || /Token.*(?:expired|refresh)|SSO/i.test(name)) {
		const remedy =
			'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the controller is started, or name "profile", or give the instance a role.';
		return routerError('refused', `${where}: no AWS credentials were found. The SDK said ${said}.`, remedy);
	}
	if (
		/^(InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|IncompleteSignature|ExpiredToken|RequestExpired)/.test(name)
	) {
		const remedy = 'Renew the credentials (aws sso login, a new key), and see that the clock of this machine is right.';
		return routerError('refused', `${where}: AWS does not take the credentials (${name}). It said ${said}.`, remedy);
	}
	if (/NotFound/.test(name) && statusOf(thrown) > 0) {
		const remedy = 'Compare the ARNs in the profile with: aws elbv2 describe-rules, describe-listeners, describe-target-groups.';
		return routerError('refused', `${where}: ${call} found nothing there (${name}). AWS said ${said}.`, remedy);
	}
	if (isPassing(error)) {
		const why = statusOf(thrown) >= 500 ? `answered ${statusOf(thrown)}` : 'limits our calls';
		const remedy = 'Others in this account may be calling the same API too often; the next try comes by itself.';
		return routerError('refused', `${where}: AWS ${why} to each ${call}, until the time was over. It said ${said}.`, remedy);
	}
	if (statusOf(thrown) > 0) return routerError('refused', `${where}: ${call} was refused (${name}). AWS said ${said}.`);
	const remedy = 'Does this machine reach the region\'s API (a VPC endpoint, a proxy)? "endpoint" names another address.';
	return routerError('unreachable', `${where}: ${call} got no answer: ${quoted(`${code} ${message}`)}.`, remedy);
}
