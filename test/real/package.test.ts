import {isAscii} from 'node:buffer';
import {execFile} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect, test} from 'vitest';
import {createTempFolder} from '../helpers/process.ts';
import {shippedEnv} from '../helpers/shipped-env.ts';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** The program's oldest Node and the one the project pins, each as npm delivers it for this machine. */
const nodeOf = async (version: string, folder: string): Promise<string> => {
	const name = `node-${process.platform === 'darwin' ? 'darwin' : 'linux'}-${process.arch}`;
	await run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`], {
		timeout: 110_000,
	});
	return join(folder, 'node_modules', name, 'bin', 'node');
};

test('the packed tarball installs globally, without a dependency, and runs on Node 22.19 and on the pinned one', async () => {
	const folder = createTempFolder('package');
	try {
		await run('npm', ['pack', '--pack-destination', folder.path], {cwd: root, timeout: 60_000});
		const tarball = readdirSync(folder.path).find(name => name.endsWith('.tgz')) ?? '';
		const prefix = join(folder.path, 'global');
		await run('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', join(folder.path, tarball)], {
			timeout: 60_000,
		});
		const modules = join(prefix, 'lib', 'node_modules');
		expect(readdirSync(modules)).toEqual(['canary-console']);
		expect(readdirSync(join(modules, 'canary-console'))).not.toContain('node_modules');
		// A single letter beyond Latin-1 would double what each process holds of its source (scripts/build.ts).
		const dist = join(modules, 'canary-console', 'dist');
		const programs = readdirSync(dist, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.js'));
		expect(programs).toContain('canary.js');
		for (const name of programs) expect(isAscii(readFileSync(join(dist, name))), `${name} is ASCII`).toBe(true);
		const program = join(prefix, 'bin', 'canary');
		const env = {...process.env, ...shippedEnv(folder.path), CANARY_HOME: join(folder.path, 'home')};
		for (const node of [await nodeOf('22.19.0', join(folder.path, 'node22')), process.execPath]) {
			const profile = join(modules, 'canary-console', 'profiles', 'relay-r1.yaml');
			expect((await run(node, [program, '--help'], {env})).stdout).toContain('Usage: canary');
			expect((await run(node, [program], {env})).stdout).toContain('nothing is running');
			// Nothing listens where the profile points: reached and said, which takes the whole program.
			const check = await run(node, [program, 'check', profile], {env}).catch((error: {code: number; stdout: string}) => error);
			expect(check).toMatchObject({code: 4});
			expect(check.stdout).toContain('TTFV p95');
		}
	} finally {
		folder.remove();
	}
});
