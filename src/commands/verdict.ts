import type {SessionState} from '../core/state.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';

/** The exit code that says how a session stands, or ended. */
export function verdictCode(state: SessionState): ExitCode {
	const {ended, rollback, guardrails, plan, held, split, preflight, gradual, instance, stage} = state;
	if (ended?.outcome === 'promoted' && !rollback) return exitCodes.good;
	if (gradual?.status === 'running' && gradual.targetPercent === 0) return exitCodes.bad;
	if (rollback || ended?.outcome === 'rolled-back') return exitCodes.bad;
	// Nothing was moved: neither good nor bad.
	if (stage.index < 0 && (instance?.status === 'failed' || instance?.status === 'ended')) return exitCodes.inconclusive;
	if (preflight?.status === 'failed')
		return preflight.done.some(({unreachable}) => unreachable) ? exitCodes.unreachable : exitCodes.inconclusive;
	const bounded = (plan?.guardrails ?? []).filter(({bound}) => bound !== undefined);
	const statuses = bounded.map(({id}) => guardrails[id]?.status ?? 'no-data');
	if (statuses.includes('breached')) return exitCodes.bad;
	if (split.error || statuses.includes('error')) return exitCodes.unreachable;
	if (ended || held || statuses.includes('no-data') || statuses.includes('pending')) return exitCodes.inconclusive;
	return exitCodes.good;
}
