import {fail, ok, type Result} from '../../src/base/result.ts';
import {type ActionPorts, createActions, type SetWeight} from '../../src/controller/actions.ts';
import type {Fact} from '../../src/core/event.ts';
import {createManualClock} from '../helpers/manual-clock.ts';
import type {ScriptedRouter} from '../helpers/scripted-router.ts';

export const promote = (toPercent: number, id = 'p'): SetWeight => ({
	type: 'set-weight',
	id,
	purpose: 'promote',
	toPercent,
	stageIndex: 1,
	reason: 'the stage is over',
	by: 'ana',
	urgent: false,
});

export const rollback = (id = 'r'): SetWeight => ({...promote(0, id), purpose: 'rollback', urgent: true, reason: 'errors'});

export const diskFull: Result<void, string> = fail('the disk is full');

/** Actions on scripted routers, by a clock that stands still; the facts they take. */
export function createActionRig() {
	const clock = createManualClock();
	const facts: Fact[] = [];
	const rig = {
		clock,
		facts,
		synced: ok(undefined) as Result<void, string>,
		/** `intended p`, `verified r`, …: the record in short. */
		record: (): string[] =>
			facts.map(fact => ('intentId' in fact ? `${fact.type.replace('action-', '')} ${fact.intentId}` : fact.type)),
		open: (routers: readonly ScriptedRouter[], over: Partial<ActionPorts> = {}) =>
			createActions({
				routers,
				take: fact => void facts.push(fact),
				sync: async () => rig.synced,
				mayWrite: () => ok(undefined),
				clock,
				complain(fault) {
					throw fault;
				},
				...over,
			}),
	};
	return rig;
}
