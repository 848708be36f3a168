/**
 * The language of HAProxy's runtime API: what we say and what it answers. Pure.
 * Source: HAProxy 2.6 management.txt, sections 9.1 (CSV format) and 9.3 ("show servers state", "show stat", "set server").
 */

/** One row of `show servers state`, with what `show stat` adds. */
export type ServerRow = {
	readonly backend: string;
	readonly name: string;
	/** 0–256, as configured or set; it says nothing of the server's health. */
	readonly weight: number;
	/** What a reload brings back. */
	readonly initialWeight: number;
	/** In maintenance, by a person, by inheritance or by name resolution. */
	readonly inMaintenance: boolean;
	/** Takes no new traffic on a person's word. */
	readonly isDraining: boolean;
	/** Stopped, or about to stop, on the word of a health check. */
	readonly isDown: boolean;
	readonly isWarmingUp: boolean;
	/** From `show stat`; false and empty where it said nothing. */
	readonly isBackup: boolean;
	readonly hasCheck: boolean;
	readonly cookie: string;
	/** What the last check found: `Connection refused`. */
	readonly lastCheck: string;
	/** Requests sent to another server because this one did not take them, since HAProxy's start. */
	readonly redispatches: number;
};

export type RuntimeAnswer = {
	readonly servers: readonly ServerRow[];
	/** `balance` by backend: `roundrobin`. */
	readonly algorithms: ReadonlyMap<string, string>;
	/** Words outside the tables: HAProxy says errors as text, with no sign of failure. */
	readonly messages: readonly string[];
	/** Tables that came to their end. */
	readonly tables: number;
};

/** Names as `haproxy.cfg` allows them. Anything else could smuggle a second command into the line. */
export const isRuntimeName = (name: string): boolean => /^[\w.:-]{1,255}$/.test(name);

/** Both tables of the backends, two a backend. `-1`: all servers; 6: the backend's own row (2) and those of its servers (4). */
export const readCommands = (backends: readonly string[]): string[] =>
	backends.flatMap(name => [`show servers state ${name}`, `show stat ${name} 6 -1`]);

export const setWeightCommand = (server: {readonly backend: string; readonly name: string}, weight: number): string =>
	`set server ${server.backend}/${server.name} weight ${weight}`;

/** Several commands are one line: HAProxy runs them in order, with nothing in between but traffic. */
export const commandLine = (commands: readonly string[]): string => commands.join('; ');

type Table = {readonly kind: 'state' | 'stat'; readonly columns: readonly string[]};
type Cells = (column: string) => string;

/** Takes an answer apart, whatever order its parts come in. Unknown columns and lines are no error. */
export function parseRuntimeAnswer(text: string): RuntimeAnswer {
	const states: Cells[] = [];
	const stats = new Map<string, Cells>();
	const algorithms = new Map<string, string>();
	const messages: string[] = [];
	let tables = 0;
	let table: Table | undefined;
	for (const line of text.split('\n')) {
		if (line === '') {
			if (table) tables++;
			table = undefined;
		} else if (line.startsWith('# be_id ')) {
			table = {kind: 'state', columns: line.slice(2).split(' ')};
		} else if (line.startsWith('# pxname,')) {
			table = {kind: 'stat', columns: line.slice(2).split(',')};
		} else if (table?.kind === 'state') {
			states.push(cellsOf(table.columns, line.split(' ')));
		} else if (table?.kind === 'stat') {
			const cells = cellsOf(table.columns, splitCsv(line));
			stats.set(`${cells('pxname')}/${cells('svname')}`, cells);
			if (cells('svname') === 'BACKEND') algorithms.set(cells('pxname'), cells('algo'));
		} else if (line !== '1') {
			// A lone 1 is the version of the state's format.
			messages.push(line);
		}
	}
	const noCells: Cells = () => '';
	const servers = states.map(cells => toServer(cells, stats.get(`${cells('be_name')}/${cells('srv_name')}`) ?? noCells));
	return {servers, algorithms, messages, tables};
}

const cellsOf =
	(columns: readonly string[], cells: readonly string[]): Cells =>
	column =>
		cells[columns.indexOf(column)] ?? '';

/** Bits of srv_admin_state: FMAINT, IMAINT, CMAINT and RMAINT; FDRAIN and IDRAIN. */
const maintenanceBits = 0x01 | 0x02 | 0x04 | 0x20;
const drainBits = 0x08 | 0x10;

function toServer(state: Cells, stat: Cells): ServerRow {
	const admin = Number(state('srv_admin_state'));
	// 0 stopped, 1 starting, 2 running, 3 stopping.
	const operation = state('srv_op_state');
	return {
		backend: state('be_name'),
		name: state('srv_name'),
		weight: Number(state('srv_uweight')),
		initialWeight: Number(state('srv_iweight')),
		inMaintenance: (admin & maintenanceBits) !== 0,
		isDraining: (admin & drainBits) !== 0,
		isDown: operation === '0' || operation === '3',
		isWarmingUp: operation === '1',
		isBackup: stat('bck') === '1',
		hasCheck: stat('check_status') !== '',
		cookie: stat('cookie'),
		lastCheck: stat('last_chk') || stat('check_desc'),
		redispatches: Number(stat('wredis')),
	};
}

/** RFC 4180, one line: HAProxy quotes a cell that holds a comma or a quote. */
export function splitCsv(line: string): string[] {
	const cells = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
	return [...cells].map(([, inQuotes, bare]) => inQuotes?.replaceAll('""', '"') ?? bare ?? '');
}
