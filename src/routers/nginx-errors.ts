/** What it means when nginx does not come to serve what it was given. Pure. */
import type {NginxOptions} from '../core/router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {percentText, quoted, routerError} from './router-error.ts';

export const tooCoarse = (asked: number, closest: number, weightMax: number): RouterError =>
	routerError(
		'refused',
		`nginx can't give the candidate ${percentText(asked)}: the closest that weights of 1 to ${weightMax} spell with these servers is ${percentText(closest)}. Nothing was changed.`,
		'Choose another weight for the stage, or fewer servers on the candidate side.',
	);

const taken = (asked: number): string => `nginx took the reload for ${percentText(asked)}`;

/** Reloaded, but the page that would tell is silent. */
export const unseen = (asked: number, error: RouterError): RouterError => ({
	...error,
	message: `${taken(asked)}, but whether it is in force can't be seen: ${error.message}`,
});

/** Reloaded, and some workers serve the new split, but not all of them. */
export const undecided = ({timeoutMs}: NginxOptions, asked: number): RouterError =>
	routerError(
		'not-applied',
		`${taken(asked)}, but old workers still answer beside the new ones after ${timeoutMs} ms.`,
		'Read the split again in a moment; give the router a longer timeout if this happens often.',
	);

/** Reloaded, and nothing came of it. `disk` says what became of the include file. */
export function unmoved(
	{timeoutMs}: NginxOptions,
	asked: number,
	before: Split | undefined,
	words: string,
	disk: string,
): RouterError {
	const now = before
		? `It goes on with ${percentText(before.weightPercent)}`
		: `It goes on with what it had, and says ${quoted(words)}`;
	return routerError(
		'not-applied',
		`${taken(asked)}, but after ${timeoutMs} ms its workers still serve the old split. ${now}; ${disk}.`,
		"nginx's error log says why. Does the main configuration include this file, and is the timeout long enough?",
	);
}

/** The page's words are not ours, and the file on disk does not explain them. */
export const foreign = ({revisionUrl, include, upstream}: NginxOptions, words: string): RouterError =>
	routerError(
		'refused',
		`${revisionUrl} says ${quoted(words)}, which tells no split, and ${include} does not hold upstream ${upstream} with all its servers and the same revision.`,
		'See docs/routers.md for the include file to begin with; the location has to serve $canary_revision.',
	);

/** A warning about a file that is not what runs; `onDisk` is the share it would bring, if it tells one. */
export const driftText = (onDisk: number | undefined): string =>
	onDisk === undefined
		? 'the include file on disk is not the one that nginx runs: a reload would change the split, or fail'
		: `the include file on disk says ${percentText(onDisk)} and is not the one that nginx runs: a reload would put it in force`;
