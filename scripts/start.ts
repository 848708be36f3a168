/**
 * `npm start`: the main job on this machine. Starts two versions of a small service behind a real HAProxy (or nginx), load on them, a
 * real Prometheus, and opens the console on a canary of it. Ends everything it started.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {missingSentence, missingServers, type ServerName} from '../test/helpers/servers.ts';
import {program, startWorld} from '../test/helpers/world.ts';

const router = missingServers(['haproxy']).length === 0 ? 'haproxy' : 'nginx';
const needed: readonly ServerName[] = ['prometheus', router];
const missing = missingServers(needed);
if (missing.length > 0) {
	process.stderr.write(
		`${missingSentence(missing)}\nnpm test installs them where it may; or: apt-get install --no-install-recommends prometheus haproxy\n`,
	);
	process.exit(4);
}

process.stderr.write(`Starting two services, load, ${needed.join(' and ')} (about eight seconds) …\n`);
await using world = await startWorld({
	router,
	profile: {
		title: 'A small service, on this machine',
		environment: 'demo',
		stages: [
			{weight: 5, duration: '1m', promote: 'manual'},
			{weight: 50, duration: '1m', promote: 'manual'},
			{weight: 100, duration: '30s'},
		],
	},
});
world.startLoad(3_600);
process.stderr.write(
	`To see it go wrong, in another terminal:\n  curl -X POST -d '{"errorRate": 0.5}' ${world.canary.url}/fault\n`,
);
const terminal = process.stdout.isTTY ? [] : ['--headless'];
const console = spawn(process.execPath, [program, 'run', world.profilePath, ...terminal], {
	stdio: 'inherit',
	env: {...world.env},
});
process.on('SIGINT', () => {});
const [code] = (await once(console, 'exit')) as [number | null];
process.exitCode = code ?? 1;
