import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fail, type Result} from '../base/result.ts';
import {canaryHome, makePrivateFolder} from './home.ts';
import {type Written, writeWhole} from './whole-file.ts';

/** A dashboard as it was last pushed. `at`: ISO 8601. */
export type PushedDashboard = {readonly uid: string; readonly title: string; readonly url: string; readonly at: string};

type Kept = Readonly<Record<string, readonly PushedDashboard[]>>;

const fileIn = (home: string): string => join(home, 'dashboards.json');
/** Of each profile. */
const keptMax = 50;

/** The dashboards of a profile that were pushed from this machine, oldest first. A file that can't be read is as none. */
export const pushedDashboards = (profile: string, home: string = canaryHome()): readonly PushedDashboard[] =>
	Object.entries(read(home)).find(([name]) => name === profile)?.[1] ?? [];

/** Remembers what was pushed, each in the place of the one of the same uid. The error is a sentence. */
export async function rememberDashboards(
	profile: string,
	pushed: readonly PushedDashboard[],
	home: string = canaryHome(),
): Promise<Result<Written, string>> {
	try {
		makePrivateFolder(home);
	} catch (error) {
		return fail(`${home} can't be made: ${(error as Error).message}. Set CANARY_HOME to a folder that can be written.`);
	}
	const kept = pushedDashboards(profile, home).filter(one => !pushed.some(({uid}) => uid === one.uid));
	const all = Object.fromEntries([...Object.entries(read(home)), [profile, [...kept, ...pushed].slice(-keptMax)]]);
	return await writeWhole(fileIn(home), `${JSON.stringify(all, undefined, '\t')}\n`);
}

function read(home: string): Kept {
	try {
		const value: unknown = JSON.parse(readFileSync(fileIn(home), 'utf8'));
		if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
		return Object.fromEntries(
			Object.entries(value).map(([name, list]) => [name, Array.isArray(list) ? list.filter(isPushed) : []]),
		);
	} catch {
		return {};
	}
}

/** Somebody may have edited the file. */
const isPushed = (one: unknown): one is PushedDashboard =>
	typeof one === 'object' &&
	one !== null &&
	(['uid', 'title', 'url', 'at'] as const).every(key => typeof (one as Record<string, unknown>)[key] === 'string');
