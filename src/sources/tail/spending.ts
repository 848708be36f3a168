import {createBudget} from './budget.ts';

export type TailLimits = {
	/** Lines parsed in a second; further ones are only counted. */
	readonly linesPerSecond: number;
	/** The same for lines that a guardrail may count. */
	readonly urgentLinesPerSecond: number;
	/** Time of the processor spent on lines in a second, in ms; twice that where a guardrail may be concerned. */
	readonly cpuMsPerSecond: number;
};

/** A storm of lines must leave the loop to the router: a fifth of a core goes into lines, two where a guardrail needs them. */
export const tailLimits: TailLimits = {linesPerSecond: 20_000, urgentLinesPerSecond: 50_000, cpuMsPerSecond: 200};

export type Spending = {
	/** Whether a line may be looked at now; if so, it counts. */
	mayLook(nowMs: number, urgent: boolean): boolean;
	/** Whether any line may be looked at now. */
	mayLookAtAny(nowMs: number): boolean;
	/** Time that was spent, in ms. */
	spent(cpuMs: number): void;
};

/** One purse for all logs, in lines and in time; and a bigger one for lines that guardrails stand on. */
export function createSpending({linesPerSecond, urgentLinesPerSecond, cpuMsPerSecond}: TailLimits): Spending {
	const usual = {lines: createBudget(linesPerSecond), cpu: createBudget(cpuMsPerSecond)};
	const urgent = {lines: createBudget(urgentLinesPerSecond), cpu: createBudget(2 * cpuMsPerSecond)};
	return {
		mayLook(nowMs, isUrgent) {
			const purse = isUrgent ? urgent : usual;
			if (!purse.cpu.has(nowMs) || !purse.lines.has(nowMs)) return false;
			purse.lines.spend(1);
			return true;
		},
		mayLookAtAny: nowMs => usual.cpu.has(nowMs) && usual.lines.has(nowMs),
		spent(cpuMs) {
			usual.cpu.spend(cpuMs);
			urgent.cpu.spend(cpuMs);
		},
	};
}
