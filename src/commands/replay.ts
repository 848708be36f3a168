import {createPlayer} from '../console/replay/player.ts';
import type {Moment} from '../view/replay.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';
import {openReplaySource} from './replay-source.ts';
import {openConsole, type ScreenOptions} from './screen.ts';

export type ReplayOptions = ScreenOptions & {readonly at?: Moment; readonly speed: number; readonly follow?: boolean};

/** `canary replay SESSION`: the console on a record. It reaches no controller, no router and no source, by construction. */
export async function replayCommand(wanted: string, options: ReplayOptions): Promise<ExitCode> {
	if (!process.stdout.isTTY && options.screenReader !== true) {
		const remedy = 'canary status prints how a session stands; --screen-reader prints a replay as lines of text.';
		throw new CommandError(`standard output is no terminal. ${remedy}`, exitCodes.usage);
	}
	const {at, speed, follow = false, ...screen} = options;
	const source = await openReplaySource(wanted, follow);
	const {name, folder, read, guessedMs, grown, input} = source;
	const player = createPlayer({
		read,
		folder,
		speed,
		monoMs: () => performance.now(),
		offsetMinutes: () => -new Date().getTimezoneOffset(),
		...(at && {at}),
		...(guessedMs !== undefined && {guessedMs}),
		...(grown && {grown}),
		...(follow && !at && {follow}),
	});
	await player.open();
	const [notice] = player.view().notices;
	if (!player.getSnapshot().state.plan && notice !== undefined && player.getSnapshot().state.nextSeq === 0) {
		player.close();
		source.close();
		throw new CommandError(`${name}: ${notice}`, exitCodes.unreachable);
	}
	const isKeyless = !(input ?? process.stdin).isTTY;
	const rested = isKeyless && !follow ? atRest(player) : undefined;
	try {
		const replay = {role: 'read-only', who: '', replay: player, ...(input && {input})} as const;
		return await openConsole(player, {name}, {...screen, ...replay, ...(rested && {leaveWhen: rested})});
	} finally {
		source.close();
	}
}

/** When a replay that gets no keys has shown all that it will: it stands at the moment asked for, or at the record's end. */
async function atRest(player: ReturnType<typeof createPlayer>): Promise<void> {
	await player.whole;
	const rests = (): boolean => !player.view().playing && player.view().awaited === undefined;
	const {promise, resolve} = Promise.withResolvers<void>();
	const look = (): void => void (rests() && resolve());
	const forget = player.subscribe(look);
	look();
	await promise;
	forget();
}
