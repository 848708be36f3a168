import {readdirSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {tell} from './output.ts';

/** So many bursts stay below the home. */
const burstsKept = 50;

/** As `canary burst` names its folders; one of any other name is somebody's own. */
const named = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-/;

/**
 * Takes away all but the newest folders of bursts that were sent without a session; never the one just written, whatever the clock says.
 * Never throws: the burst is over and stands.
 */
export function pruneBursts(folder: string, own: string): void {
	try {
		const bursts = readdirSync(folder, {withFileTypes: true}).filter(one => one.isDirectory() && named.test(one.name));
		// The names begin with the time.
		const old = bursts.map(({name}) => name).sort((a, b) => (a < b ? 1 : -1));
		for (const name of old.slice(burstsKept).filter(name => name !== basename(own)))
			rmSync(join(folder, name), {recursive: true, force: true});
	} catch (error) {
		tell(`canary: old bursts could not be taken away: ${(error as Error).message}`);
	}
}
