import {basename} from 'node:path';
import {maskPlain} from '../base/mask-plain.ts';
import {createRedactor, type Redact} from '../base/redact.ts';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {CommandOptions} from '../core/router-options.ts';
import type {ResolveSecret, TextOrSecret} from '../core/secret.ts';
import type {RouterError, Split} from '../core/split.ts';
import {compileParse, fillArgv, type ReadNumber, toolWeights} from './command-text.ts';
import {type Deadline, orAbort, pause, startDeadline} from './deadline.ts';
import type {Router} from './router.ts';
import {abortedError, notAShare, percentText, quoted, routerError, unexpectedError} from './router-error.ts';
import {type RunEnd, runProcess, stdoutBytesMax} from './run-process.ts';
import {isShareAsked} from './weights.ts';

/** Between two reads while the tool's change is taking effect: soon at first, then rarer. */
const readAgainMs = {first: 50, most: 1_000} as const;

const textColumnsMax = 2_000;

/** Drives any tool with a command line. Nothing is run before the first call. */
export function openCommand(options: CommandOptions, resolveSecret: ResolveSecret): Result<Router, RouterError> {
	const read = compileParse(options.read.parse);
	if (!read.ok) return fail(routerError('bad-options', `The read command's parse: ${read.error}.`));
	const trouble = optionTrouble(options);
	if (trouble !== undefined) return fail(routerError('bad-options', trouble));
	return ok(new CommandRouter(options, read.value, resolveSecret));
}

function optionTrouble({read, write, scale, decimals}: CommandOptions): string | undefined {
	if (!read.argv[0] || !write.argv[0]) return 'The read and the write command each need a program.';
	if (!(scale > 0)) return `The scale is ${scale}; it is what 100 % is in the tool's own numbers.`;
	if (!(Number.isInteger(decimals) && decimals >= 0 && decimals <= 9))
		return `The decimals are ${decimals}; they go from 0 to 9.`;
	if (Number(scale.toFixed(decimals)) !== scale) return `A scale of ${scale} needs more than ${decimals} decimals.`;
	if (!write.argv.some(argument => /\{(?:candidate|baseline)\}/.test(argument))) {
		return 'The write command has neither {candidate} nor {baseline} in it: it would do the same for every weight.';
	}
	return undefined;
}

type Part = 'read' | 'write';

class CommandRouter implements Router {
	readonly target: string;
	readonly #options: CommandOptions;
	readonly #readNumber: ReadNumber;
	readonly #resolveSecret: ResolveSecret;

	constructor(options: CommandOptions, readNumber: ReadNumber, resolveSecret: ResolveSecret) {
		this.#options = options;
		this.#readNumber = readNumber;
		this.#resolveSecret = resolveSecret;
		this.target = sanitize(`command ${options.write.argv.join(' ')}`, 200);
	}

	async readSplit(signal: AbortSignal): Promise<Result<Split, RouterError>> {
		try {
			return await this.#read(signal);
		} catch (error) {
			return fail(unexpectedError(this.#name('read'), error));
		}
	}

	async setWeight(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		if (!(weightPercent >= 0 && weightPercent <= 100)) return fail(notAShare(weightPercent));
		try {
			return await this.#set(weightPercent, signal);
		} catch (error) {
			return fail(unexpectedError(this.#name('write'), error));
		}
	}

	async lint(): Promise<readonly string[]> {
		const {scale, decimals} = this.#options;
		const finest = (10 ** -decimals / scale) * 100;
		return finest > 1 ? [`The tool's numbers are coarse: the smallest step is ${percentText(finest)} of the traffic.`] : [];
	}

	async close(): Promise<void> {}

	async #set(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		const {write, scale, decimals, timeoutMs} = this.#options;
		const weights = toolWeights(weightPercent, this.#options);
		if (weights === null) {
			const numbers = `a scale of ${scale} with ${decimals} decimals`;
			const what = `${percentText(weightPercent)} can't be said to ${this.#name('write')} by ${numbers}: rounded, it would be another share`;
			return fail(
				routerError('refused', `${what}. Nothing was changed.`, 'Choose another weight for the stage, or more decimals.'),
			);
		}
		const written = await this.#run('write', fillArgv(write.argv, weights), write.env, signal);
		if (!written.ok) return written;
		using deadline = startDeadline(signal, timeoutMs);
		return await this.#readUntil(weightPercent, deadline.signal, () => deadline.reason() === 'aborted');
	}

	/** Tools answer before their change is in force everywhere; what they read back decides. */
	async #readUntil(weightPercent: number, signal: AbortSignal, isAborted: () => boolean): Promise<Result<Split, RouterError>> {
		let last: Result<Split, RouterError> | undefined;
		for (let waitMs: number = readAgainMs.first; ; waitMs = Math.min(waitMs * 2, readAgainMs.most)) {
			const now = await this.#read(signal);
			if (now.ok && isShareAsked(weightPercent, now.value.weightPercent)) return now;
			// The read that the end of the time cut short says nothing.
			if (!signal.aborted || last === undefined) last = now;
			await pause(waitMs, signal);
			if (signal.aborted) break;
		}
		if (isAborted()) return fail(abortedError(this.#name('write')));
		if (!last.ok) return last;
		const what = `${this.#name('write')} ended well for ${percentText(weightPercent)}`;
		const seen = `${this.#name('read')} still says ${percentText(last.value.weightPercent)} after ${this.#options.timeoutMs} ms`;
		const remedy = 'Does the read command look at what serves the traffic, and is the timeout long enough for the change?';
		return fail(routerError('not-applied', `${what}, but then: ${seen}.`, remedy));
	}

	async #read(signal: AbortSignal): Promise<Result<Split, RouterError>> {
		const {read, scale} = this.#options;
		const run = await this.#run('read', read.argv, read.env, signal);
		if (!run.ok) return run;
		const {said} = run.value;
		const unfit = (what: string): Result<never, RouterError> => {
			const printed = `It printed ${quoted(said)}.`;
			const remedy = 'Run it by hand and compare what it prints with "parse" in the profile.';
			return fail(routerError('refused', `${this.#name('read')}: ${what}. ${printed}`, remedy));
		};
		const number = this.#readNumber(run.value.stdout);
		if (!number.ok) {
			// The sentence quotes a piece of it: of what may be shown.
			const shown = this.#readNumber(said);
			return unfit(shown.ok ? 'there are control characters in what it printed' : shown.error);
		}
		if (!(number.value >= 0 && number.value <= scale))
			return unfit(`a weight of ${number.value} is not between 0 and the scale of ${scale}`);
		const candidate = read.side === 'candidate' ? number.value : scale - number.value;
		// 1 − 0.93 is not 0.07 in binary.
		const weightPercent = Number(((candidate / scale) * 100).toFixed(9));
		return ok({weightPercent, text: sanitize(said, textColumnsMax)});
	}

	async #run(part: Part, argv: readonly string[], env: Environment, signal: AbortSignal): Promise<Result<Told, RouterError>> {
		const {cwd, timeoutMs} = this.#options;
		using deadline = startDeadline(signal, timeoutMs);
		const resolved = await this.#environment(part, env, deadline);
		if (!resolved.ok) return resolved;
		const {variables, redact} = resolved.value;
		const run = await runProcess({argv, cwd, env: variables, timeoutMs}, signal);
		const told: Told = {
			...run,
			stdout: redact(run.stdout),
			said: maskPlain(run.stdout.trim(), redact),
			stderr: maskPlain(run.stderr.trim(), redact),
		};
		return run.end === 'exited' && run.code === 0 ? ok(told) : fail(runError(this.#name(part), argv, this.#options, told));
	}

	async #environment(part: Part, env: Environment, {signal, reason}: Deadline) {
		const variables: Record<string, string> = {};
		const literals: string[] = [];
		for (const [name, value] of Object.entries(env)) {
			if (typeof value === 'string') {
				variables[name] = value;
				continue;
			}
			const secret = await orAbort(this.#resolveSecret(value), signal);
			if (secret === undefined) {
				const late = routerError('timeout', `${this.#name(part)} needs ${name}, which could not be read in time.`);
				return fail(reason() === 'aborted' ? abortedError(this.#name(part)) : late);
			}
			if (!secret.ok) return fail(routerError('bad-options', `${this.#name(part)} needs ${name}: ${secret.error}`));
			variables[name] = secret.value;
			literals.push(secret.value);
		}
		return ok<{variables: Record<string, string>; redact: Redact}>({variables, redact: createRedactor({literals})});
	}

	#name(part: Part): string {
		return `The ${part} command ${quoted(basename(this.#options[part].argv[0] ?? ''))}`;
	}
}

/** How it ended. `stdout` is for the parser, which may look for colours; `said` and `stderr` are for a sentence. */
type Told = RunEnd & {readonly said: string};

type Environment = Readonly<Record<string, TextOrSecret>>;

function runError(name: string, argv: readonly string[], {cwd, timeoutMs}: CommandOptions, run: Told): RouterError {
	const said = run.stderr.trim() || run.said;
	const words = said === '' ? 'It said nothing.' : `It said ${quoted(lastLines(said))}.`;
	switch (run.end) {
		case 'aborted':
			return abortedError(name);
		case 'timeout': {
			const remedy = 'Run it by hand, and give the router a longer timeout if it needs one.';
			return routerError('timeout', `${name} was not done after ${timeoutMs} ms and was ended. ${words}`, remedy);
		}
		case 'too-long':
			return routerError(
				'refused',
				`${name} printed more than ${stdoutBytesMax / 1024} KiB and was ended.`,
				'Let it print the weight alone.',
			);
		case 'killed':
			return routerError(
				'refused',
				`${name} was ended by ${run.signal}. ${words}`,
				'Somebody, or the kernel for lack of memory, ended it.',
			);
		case 'not-started':
			return notStarted(name, argv, cwd, run.error);
		case 'exited':
			return routerError('refused', `${name} failed with exit code ${run.code}. ${words}`, 'Run it by hand to see more.');
	}
}

function notStarted(name: string, argv: readonly string[], cwd: string, {code, message}: NodeJS.ErrnoException): RouterError {
	const why =
		code === 'ENOENT'
			? `there is no program ${quoted(argv[0] ?? '')}, or no folder ${quoted(cwd)} to run it in`
			: code === 'EACCES'
				? `${quoted(argv[0] ?? '')} may not be run by this user`
				: message;
	return routerError(
		'unreachable',
		`${name} could not be started: ${why}.`,
		'Name the program by its full path, or see to PATH where the controller is started.',
	);
}

/** What a program says last is why it failed. */
const lastLines = (text: string): string => text.split('\n').slice(-3).join(' ').slice(-400);
