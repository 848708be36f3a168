import {type Command, InvalidArgumentError} from 'commander';
import type {Command as Asked} from '../core/protocol.ts';
import {exitCodes} from './exit-codes.ts';
import {duration} from './option-parsers.ts';
import {CommandError} from './output.ts';

type RollbackFlags = {reason?: string; gradual?: boolean; duration?: number; steps?: number; target?: number};

/** What makes a rollback one in steps. */
export const addGradual = (command: Command): Command =>
	command
		.option('--gradual', 'down in steps, the first at once; a breach, r or a plain canary rollback makes it an immediate one')
		.option('--duration <duration>', 'with --gradual: from the first step to the last (default: the profile’s, 30m)', duration)
		.option('--steps <number>', 'with --gradual: how many (default: the profile’s, 6)', numeral)
		.option('--target <percent>', 'with --gradual: where it ends, held there if that is above 0 (default: 0)', numeral);

function numeral(text: string): number {
	const number = Number(text.replace(/\s*%$/, ''));
	if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('A number is wanted.');
	return number;
}

/** The command that the flags ask for. What the numbers may be is the controller's to say: it knows the profile and the weight. */
export function rollbackAsked({reason = '', gradual, duration: durationMs, steps, target}: RollbackFlags): Asked {
	if (gradual) {
		const wish = {durationMs, steps, targetPercent: target};
		const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
		return {command: 'rollback-gradually', reason, ...given};
	}
	if (durationMs === undefined && steps === undefined && target === undefined) return {command: 'rollback', reason};
	throw new CommandError('--duration, --steps and --target need --gradual. Nothing was asked for.', exitCodes.usage);
}
