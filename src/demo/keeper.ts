/**
 * Keeps the demo's world, as a process of its own: a frozen terminal must not stop the users, and whatever becomes of the console,
 * nothing may be left behind. It prints what it started as one line of JSON, takes orders as lines of JSON, and ends everything when
 * its standard input ends.
 *
 *   node keeper.ts '{"stageSeconds":[15,20,15]}'
 */
import {createLineSplitter, parseObject} from '../core/ndjson.ts';
import {isIncident} from './incidents.ts';
import {startWorld, type WorldOptions} from './world.ts';

const lineCharsMax = 64 * 1024;

const world = await startWorld(JSON.parse(process.argv[2] ?? '') as WorldOptions);

let isEnding = false;
async function end(): Promise<void> {
	if (isEnding) return;
	isEnding = true;
	await world.stop();
	process.exit(0);
}

function obey(line: string): void {
	const {incident, session} = parseObject(line) ?? {};
	if (typeof session === 'string') world.guardedBy(session);
	if (incident === null) void world.heal();
	else if (typeof incident === 'string' && isIncident(incident)) void world.inject(incident);
}

const lines = createLineSplitter(lineCharsMax);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text: string) => {
	for (const line of lines.push(text) ?? []) obey(line);
});
process.stdin.on('end', () => void end());
process.stdin.on('error', () => void end());
process.stdout.on('error', () => {});
// Ctrl-C and a closed terminal reach the whole group; the one who started us decides by closing our input.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('SIGTERM', () => void end());
process.stdout.write(`${JSON.stringify(world.info)}\n`);
