import type {AwsAlbOptions} from '../../src/core/cloud-router-options.ts';
import {openRouter} from '../../src/routers/registry.ts';
import type {Router} from '../../src/routers/router.ts';
import {type AlbStub, albArns, albKey, albRegion, startAlbStub} from '../helpers/alb-stub.ts';
import type {Rig} from './contract.ts';
import {noSecrets} from './rigs.ts';

/** The SDK's default chain finds these; no file of the machine is looked at. */
export function giveCredentials(): void {
	Object.assign(process.env, {
		AWS_ACCESS_KEY_ID: albKey.id,
		AWS_SECRET_ACCESS_KEY: albKey.secret,
		AWS_EC2_METADATA_DISABLED: 'true',
		AWS_CONFIG_FILE: '/dev/null',
		AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
	});
	delete process.env['AWS_PROFILE'];
	delete process.env['AWS_SESSION_TOKEN'];
}

export const albOptions = (endpoint: string, more: Partial<AwsAlbOptions> = {}): AwsAlbOptions => ({
	kind: 'aws-alb',
	at: {rule: albArns.rule},
	baseline: albArns.stable,
	candidate: albArns.canary,
	region: albRegion,
	endpoint,
	totalWeight: 100,
	timeoutMs: 5_000,
	...more,
});

export function openAlbAt(endpoint: string, more: Partial<AwsAlbOptions> = {}): Router {
	const opened = openRouter(albOptions(endpoint, more), noSecrets);
	if (!opened.ok) throw new Error(opened.error.message);
	return opened.value;
}

export type AlbRig = Rig & {readonly stub: AlbStub};

export async function startAlbRig(more: Partial<AwsAlbOptions> = {}): Promise<AlbRig> {
	giveCredentials();
	const stub = await startAlbStub();
	const router = openAlbAt(stub.endpoint, more);
	return {
		stub,
		router,
		actualPercent: async () => {
			const {[albArns.stable]: stable = 0, [albArns.canary]: canary = 0} = stub.weights();
			return (canary / (stable + canary)) * 100;
		},
		async [Symbol.asyncDispose]() {
			await router.close();
			await stub[Symbol.asyncDispose]();
		},
	};
}
