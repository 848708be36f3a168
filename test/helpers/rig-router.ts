import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {request} from 'undici';
import type {RouterOptions} from '../../src/core/router-options.ts';
import {startHaproxy, twoSides} from './haproxy.ts';
import {renderInclude, startNginx} from './nginx.ts';
import {waitUntil} from './wait.ts';

/** A real balancer before two ports, read and set past our own router. */
export type RigRouter = {
	readonly options: RouterOptions;
	/** The candidate's weight as the balancer has it in force. */
	percent(): Promise<number>;
	set(canaryPercent: number): Promise<void>;
	stop(): Promise<void>;
};

export type RigRouterKind = 'haproxy' | 'nginx';

export const startRigRouter = (kind: RigRouterKind, stablePort: number, canaryPort: number): Promise<RigRouter> =>
	kind === 'haproxy' ? byHaproxy(stablePort, canaryPort) : byNginx(stablePort, canaryPort);

async function byHaproxy(stablePort: number, canaryPort: number): Promise<RigRouter> {
	const haproxy = await startHaproxy({backends: [{servers: twoSides([stablePort], [canaryPort], 0)}]});
	return {
		options: {
			kind: 'haproxy',
			socket: {path: haproxy.socketPath},
			backends: [{name: 'app', baseline: ['stable'], candidate: ['canary']}],
			totalWeight: 100,
			timeoutMs: 2_000,
		},
		async percent() {
			const {stable = 0, canary = 0} = await haproxy.weights();
			return (100 * canary) / (stable + canary);
		},
		async set(percent) {
			await haproxy.runtime(`set server app/canary weight ${percent}; set server app/stable weight ${100 - percent}`);
		},
		stop: () => haproxy.stop(),
	};
}

async function byNginx(stablePort: number, canaryPort: number): Promise<RigRouter> {
	const weights = (percent: number) => [
		{port: stablePort, weight: 100 - percent},
		{port: canaryPort, weight: percent},
	];
	const nginx = await startNginx({servers: weights(0)});
	const [binary = 'nginx', ...flags] = nginx.command;
	/** What the workers serve, by the revision that stands in the same file as the weights. */
	const served = async (): Promise<string> => (await (await request(nginx.revisionUrl)).body.text()).trim();
	const revisionIn = (text: string): string => /default "([^"]*)";/.exec(text)?.[1] ?? '';
	let revisions = 0;
	return {
		options: {
			kind: 'nginx',
			include: nginx.includePath,
			upstream: 'app',
			baseline: [`127.0.0.1:${stablePort}`],
			candidate: [`127.0.0.1:${canaryPort}`],
			revisionUrl: nginx.revisionUrl,
			binary,
			test: [binary, ...flags, '-t', '-q'],
			reload: [binary, ...flags, '-s', 'reload'],
			timeoutMs: 5_000,
		},
		async percent() {
			// A reload that is under way is waited for: until then old workers serve another file than the one that stands there.
			const text = await waitUntil('the workers serve the file', async () => {
				const now = readFileSync(nginx.includePath, 'utf8');
				return (await served()) === revisionIn(now) ? now : undefined;
			});
			const weightOf = (port: number): number => {
				const rest = new RegExp(`server 127\\.0\\.0\\.1:${port}\\b([^;]*);`).exec(text)?.[1] ?? ' down';
				return rest.includes('down') ? 0 : Number(/weight=(\d+)/.exec(rest)?.[1] ?? 1);
			};
			const [stable, canary] = [weightOf(stablePort), weightOf(canaryPort)];
			return (100 * canary) / (stable + canary);
		},
		async set(percent) {
			const revision = `test-${++revisions}`;
			writeFileSync(nginx.includePath, renderInclude('app', weights(percent), revision));
			execFileSync(binary, [...flags, '-s', 'reload'], {env: {...process.env, ...nginx.env}});
			await waitUntil('nginx has reloaded', async () => (await served()) === revision);
		},
		stop: () => nginx.stop(),
	};
}
