import {formatFaults} from '../profile/fault.ts';
import {type LoadedProfile, loadProfile} from '../profile/load.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';

/** A sound profile. @throws CommandError with every fault there is, each with its place. */
export async function loadOrThrow(path: string): Promise<LoadedProfile> {
	const loaded = await loadProfile(path, process.env);
	if (loaded.ok) return loaded.value;
	const {length} = loaded.error;
	const heading = length === 1 ? 'one fault in the profile' : `${length} faults in the profile`;
	throw new CommandError(`${heading}\n\n${formatFaults(loaded.error)}`, exitCodes.usage);
}
