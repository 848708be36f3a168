/** A folder imports itself and what stands lower; siblings never see each other. The key is the folder, the value what it stands on. */
const base = ['src/base'];
const core = ['src/core', 'src/promql', ...base];
const outside = ['src/journal', 'src/profile', 'src/sources', 'src/routers', 'src/hooks', 'src/report', 'src/view', 'src/export'];

export const floors: Readonly<Record<string, readonly string[]>> = {
	'src/base': [],
	'src/core': base,
	'src/promql': base,
	'src/view': core,
	'src/report': core,
	'src/export': core,
	'src/journal': core,
	'src/profile': core,
	'src/sources': core,
	'src/routers': core,
	'src/hooks': core,
	'src/console': ['src/journal', 'src/view', ...core],
	'src/controller': ['src/journal', 'src/profile', 'src/sources', 'src/routers', 'src/hooks', 'src/report', 'src/view', ...core],
	'src/demo': ['src/journal', 'src/routers', ...core],
	components: ['src/view', 'src/report', ...core],
	'src/commands': ['components', 'src/console', 'src/controller', 'src/demo', ...outside, ...core],
	bin: ['src/commands'],
};

/** Pure folders: the same input gives the same output, here and in a replay. */
export const pureFolders: readonly string[] = ['src/base', 'src/core', 'src/promql', 'src/view', 'src/report', 'src/export'];

/** What a pure folder may not say, and what to do instead. */
export const bannedInPure: readonly (readonly [RegExp, string])[] = [
	[/from 'node:/, 'a port handed in by a higher floor'],
	[/from '(react|ink)'/, 'plain rows; components/ draws them'],
	[/\bDate\.now\(|\bnew Date\(\)|performance\.now\(/, 'the time on the event'],
	[/Math\.random\(/, 'a seed from the event'],
	[/\bawait\b/, 'a synchronous function; I/O stands on a higher floor'],
	[/\bprocess\./, 'an argument'],
];

/** Where a replay begins; what it imports, it and all behind it, may stand on these alone: nothing in it can reach a controller. */
export const replayEntries: readonly string[] = ['src/commands/replay.ts', 'src/console/replay/player.ts'];
export const replayFloors: readonly string[] = [
	'src/journal',
	'src/core',
	'src/view',
	'src/base',
	'components',
	'src/console',
	'src/commands',
];
/** What is on those floors and yet talks to somebody. */
export const bannedInReplay: readonly string[] = [
	'src/console/client.ts',
	'src/console/connection.ts',
	'src/commands/connect.ts',
	'src/commands/control.ts',
	'src/commands/start-controller.ts',
	'src/commands/rollback-alone.ts',
	'node:net',
	'node:http',
	'undici',
];
