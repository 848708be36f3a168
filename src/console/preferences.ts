import {readFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {makePrivateFolder} from '../journal/home.ts';
import type {Retention} from '../journal/retention.ts';

/** What a person chose, kept for the next time. Nothing of any session. */
export type Preferences = {
	readonly theme: string;
	readonly bell: boolean;
	/** How a note of the desktop is asked for: one of `noteWays`. */
	readonly notify: string;
	readonly zoomed: boolean;
	readonly focus: string;
	readonly operator: string;
	/** What `canary sessions prune` keeps when it is not told. */
	readonly retention: Retention;
	/** Whether a controller prunes by `retention` once its session is over. */
	readonly pruneAfterSession: boolean;
};

export type PreferenceStore = {
	get(): Partial<Preferences>;
	/** Never rejects: a full disk keeps nobody from looking. */
	set(change: Partial<Preferences>): Promise<void>;
};

type Env = Readonly<Record<string, string | undefined>>;

const name = 'canary-console';
const fileName = 'preferences';

/** The platform's folder for configuration, or `$CANARY_HOME`. */
const folderFor = (env: Env): string =>
	env['CANARY_HOME'] ||
	(process.platform === 'darwin'
		? join(homedir(), 'Library', 'Preferences', name)
		: join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), name));

/** A file that can't be read or parsed is as none. */
export function openPreferences(env: Env = process.env): PreferenceStore {
	const cwd = folderFor(env);
	return {
		// Read here, not by `conf`: it takes a tenth of the time to the first frame, and most people have chosen nothing.
		get: () => read(join(cwd, `${fileName}.json`)),
		async set(change) {
			try {
				// `conf` would make it by Node's own `recursive`, which never comes back below /proc.
				makePrivateFolder(cwd);
				const {default: Conf} = await import('conf');
				new Conf<Partial<Preferences>>({projectName: name, cwd, configName: fileName, clearInvalidConfig: true}).set(change);
			} catch {
				// The screen shows the choice all the same; it is only not kept.
			}
		},
	};
}

function read(path: string): Partial<Preferences> {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return typeof value === 'object' && value !== null ? checked(value) : {};
	} catch {
		return {};
	}
}

/** Somebody may have edited the file. */
function checked({
	theme,
	bell,
	notify,
	zoomed,
	focus,
	operator,
	retention,
	pruneAfterSession,
}: Partial<Record<keyof Preferences, unknown>>): Partial<Preferences> {
	return {
		...(typeof theme === 'string' && {theme}),
		...(typeof bell === 'boolean' && {bell}),
		...(typeof notify === 'string' && {notify}),
		...(typeof zoomed === 'boolean' && {zoomed}),
		...(typeof focus === 'string' && {focus}),
		...(typeof operator === 'string' && {operator}),
		...(typeof retention === 'object' && retention !== null && {retention: checkedRetention(retention)}),
		...(typeof pruneAfterSession === 'boolean' && {pruneAfterSession}),
	};
}

function checkedRetention({olderThanMs, keep, bytesMax}: Partial<Record<keyof Retention, unknown>>): Retention {
	const isLimit = (value: unknown): value is number => typeof value === 'number' && value >= 0;
	return {
		...(isLimit(olderThanMs) && {olderThanMs}),
		...(isLimit(keep) && {keep}),
		...(isLimit(bytesMax) && {bytesMax}),
	};
}
