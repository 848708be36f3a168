import {fail, ok, type Result} from '../base/result.ts';
import type {HaproxyOptions} from '../core/router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {cutOff, missingServers, notApplied, refusedBy, sideIsOut, tooCoarse} from './haproxy-errors.ts';
import {lintHaproxy} from './haproxy-lint.ts';
import {addressText, createRuntimeSocket, type RuntimeSocket} from './haproxy-socket.ts';
import {
	configuredShare,
	isBlocked,
	planWeights,
	type Redispatches,
	redispatchesOf,
	type Sides,
	sidesOf,
	toSplit,
} from './haproxy-split.ts';
import {commandLine, isRuntimeName, parseRuntimeAnswer, type RuntimeAnswer, readCommands} from './haproxy-text.ts';
import {replaceFile} from './replace-file.ts';
import type {Router} from './router.ts';
import {notAShare, quoted, routerError, unexpectedError} from './router-error.ts';
import {isShareAsked} from './weights.ts';

/** A line longer than HAProxy's buffer (16 KiB) would be refused; a command is some 300 bytes at most. */
const commandsPerLine = 40;

/** The kernel's limit for the path of a Unix socket, without the closing zero byte. */
const socketPathBytesMax = 107;

/** How often a change is made again because an older one, given up before, woke up behind it. */
const reassertionsMax = 3;

/** How long a finished change waits to see an older one end. An awake HAProxy needs a few milliseconds. */
const settleMs = 300;

type Seen = {readonly answer: RuntimeAnswer; readonly backends: readonly Sides[]};

/** Moves traffic by server weights through HAProxy's runtime API. No connection is made before the first call. */
export function openHaproxy(options: HaproxyOptions): Result<Router, RouterError> {
	const trouble = optionTrouble(options);
	if (trouble !== undefined) return fail(routerError('bad-options', trouble));
	return ok(new HaproxyRouter(options));
}

function optionTrouble({socket, backends, totalWeight}: HaproxyOptions): string | undefined {
	const names = backends.flatMap(({name, baseline, candidate}) => [name, ...baseline, ...candidate]);
	const odd = names.find(name => !isRuntimeName(name));
	if (odd !== undefined) return `${quoted(odd)} is no name of a HAProxy backend or server.`;
	if (backends.length === 0) return 'The haproxy router has no backend.';
	const lame = backends.find(({baseline, candidate}) => baseline.length === 0 || candidate.length === 0);
	if (lame) return `Backend ${lame.name} needs a server on each side.`;
	const twice = backends.find(({baseline, candidate}) => baseline.some(name => candidate.includes(name)));
	if (twice) return `Backend ${twice.name} has a server on both sides.`;
	if (!(totalWeight >= 2 && totalWeight <= 256)) return `The total weight is ${totalWeight}, but HAProxy's weights go to 256.`;
	if ('path' in socket && Buffer.byteLength(socket.path) > socketPathBytesMax) {
		return `The socket's path has ${Buffer.byteLength(socket.path)} bytes; the kernel takes ${socketPathBytesMax}: use a link with a shorter path.`;
	}
	return undefined;
}

class HaproxyRouter implements Router {
	readonly target: string;
	readonly #options: HaproxyOptions;
	readonly #socket: RuntimeSocket;
	readonly #where: string;
	#redispatches: Redispatches = new Map();
	/** A change was sent and given up before it was answered: it may still be made. */
	#inDoubt = false;

	constructor(options: HaproxyOptions) {
		this.#options = options;
		this.#socket = createRuntimeSocket(options.socket);
		this.#where = `HAProxy at ${addressText(options.socket)}`;
		const servers = options.backends.flatMap(({name, candidate}) => candidate.map(server => `${name}/${server}`));
		this.target = `haproxy ${addressText(options.socket)} ${servers.join(',')}`;
	}

	async readSplit(signal: AbortSignal): Promise<Result<Split, RouterError>> {
		try {
			const seen = await this.#read(signal);
			return seen.ok ? ok(this.#split(seen.value)) : seen;
		} catch (error) {
			return fail(unexpectedError(this.#where, error));
		}
	}

	async setWeight(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		if (!(weightPercent >= 0 && weightPercent <= 100)) return fail(notAShare(weightPercent));
		try {
			return await this.#set(weightPercent, signal);
		} catch (error) {
			return fail(unexpectedError(this.#where, error));
		}
	}

	async lint(signal: AbortSignal): Promise<readonly string[]> {
		try {
			const seen = await this.#read(signal);
			return seen.ok ? lintHaproxy(this.#options, seen.value.backends, seen.value.answer) : [seen.error.message];
		} catch (error) {
			return [unexpectedError(this.#where, error).message];
		}
	}

	async close(): Promise<void> {
		this.#socket.close();
	}

	async #set(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		let seen = await this.#read(signal);
		for (let round = 0; round <= reassertionsMax; round++) {
			if (!seen.ok) return seen;
			const blocked = seen.value.backends.find(sides => isBlocked(weightPercent, sides));
			if (blocked) return fail(sideIsOut(this.#where, weightPercent, blocked));
			const plan = planWeights(weightPercent, seen.value.backends, this.#options.totalWeight);
			const coarse = [...plan.shares].find(([, share]) => !isShareAsked(weightPercent, share));
			if (coarse) return fail(tooCoarse(weightPercent, ...coarse));
			if (plan.commands.length > 0) seen = await this.#change(plan.commands, signal);
			if (!seen.ok) return seen;
			// An older change that was given up may still be on its way in: wait for its end, then look again.
			if (!(await this.#anotherWriteEnded(signal))) break;
			seen = await this.#read(signal);
		}
		if (!seen.ok) return seen;
		const split = this.#split(seen.value);
		const off = seen.value.backends.find(sides => !isShareAsked(weightPercent, configuredShare(sides)));
		if (off) return fail(notApplied(this.#where, weightPercent, off, split));
		const doubt = this.#inDoubt
			? 'an earlier change got no answer and may still be made: the split has to be watched'
			: undefined;
		return ok(withWarnings(split, doubt, await this.#keepState(signal)));
	}

	/** True when a change given up earlier has ended by now: it may have undone ours, so the weights have to be looked at once more. */
	async #anotherWriteEnded(signal: AbortSignal): Promise<boolean> {
		if (!this.#inDoubt) return false;
		this.#inDoubt = !(await this.#socket.settled(signal, settleMs));
		return !this.#inDoubt;
	}

	#read(signal: AbortSignal): Promise<Result<Seen, RouterError>> {
		return this.#ask([], signal);
	}

	async #change(commands: readonly string[], signal: AbortSignal): Promise<Result<Seen, RouterError>> {
		for (let from = 0; from + commandsPerLine < commands.length; from += commandsPerLine) {
			const part = await this.#ask(commands.slice(from, from + commandsPerLine), signal);
			if (!part.ok) return part;
		}
		const rest = commands.length % commandsPerLine || commandsPerLine;
		return this.#ask(commands.slice(-rest), signal);
	}

	/** The commands and the tables after them, in one line: what is read is what these very commands left behind. */
	async #ask(commands: readonly string[], signal: AbortSignal): Promise<Result<Seen, RouterError>> {
		const {backends, timeoutMs} = this.#options;
		const reads = readCommands(backends.map(({name}) => name));
		const line = commandLine([...commands, ...reads]);
		const text = await this.#socket.ask(line, signal, {timeoutMs, changes: commands.length > 0});
		if (!text.ok) {
			if (commands.length > 0) this.#inDoubt = true;
			return text;
		}
		const answer = parseRuntimeAnswer(text.value);
		const refusal = answer.messages.length > 0 ? refusedBy(this.#where, this.#options, answer, text.value) : undefined;
		if (refusal) return fail(refusal);
		if (answer.tables < reads.length) return fail(cutOff(this.#where));
		const sides = backends.map(backend => sidesOf(backend, answer));
		const lacking = sides.find(({missing}) => missing.length > 0);
		return lacking ? fail(missingServers(this.#where, lacking)) : ok({answer, backends: sides});
	}

	#split({answer, backends}: Seen): Split {
		const split = toSplit(backends, this.#redispatches);
		this.#redispatches = redispatchesOf(answer);
		return split;
	}

	/** The state file of HAProxy, so that a reload keeps the weights. What goes wrong is a warning: the traffic has moved already. */
	async #keepState(signal: AbortSignal): Promise<string | undefined> {
		const {stateFile, timeoutMs} = this.#options;
		if (stateFile === undefined) return undefined;
		const consequence = 'a reload of HAProxy would bring older weights back';
		const state = await this.#socket.ask('show servers state', signal, {timeoutMs});
		if (!state.ok) return `${state.error.message} The state file was not written: ${consequence}`;
		const written = await replaceFile(stateFile, state.value);
		return written.ok ? undefined : `${written.error}: ${consequence}`;
	}
}

const withWarnings = (split: Split, ...more: readonly (string | undefined)[]): Split => {
	const warnings = [...(split.warnings ?? []), ...more.filter(warning => warning !== undefined)];
	return warnings.length === 0 ? split : {...split, warnings};
};
