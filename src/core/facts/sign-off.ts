import type {SessionState} from '../state.ts';
import {addLine} from '../timeline.ts';

/** A role said yes: to leaving the present stage, and, once the session is over, to its decision. */
export type SignedOff = {
	readonly type: 'signed-off';
	/** Who sent it, and from where. */
	readonly by: string;
	/** `sre`, `product`: as the profile names them. */
	readonly role: string;
	/** The person who answers for it. */
	readonly name: string;
	/** Empty is none. */
	readonly note: string;
};

/** One sign-off as the session knows it. */
export type SignOff = {
	readonly role: string;
	readonly name: string;
	readonly by: string;
	readonly note: string;
	/** Index of the stage in which it was given; -1 before the first weight. */
	readonly stageIndex: number;
	/** Given after the session ended: it is about the decision. */
	readonly afterEnd: boolean;
	readonly seq: number;
	readonly atMs: number;
	readonly tMs: number;
};

/** More than any runbook asks for; the journal has all. */
const signOffsKept = 200;

/** The newest of a role in a stage stands: who signs twice has thought again. */
export function reduceSignedOff(
	state: SessionState,
	event: SignedOff & {readonly seq: number; readonly atMs: number; readonly tMs: number},
): SessionState {
	const {role, name, by, note, seq, atMs, tMs} = event;
	const {index: stageIndex} = state.stage;
	const afterEnd = state.ended !== undefined;
	const others = state.signOffs.filter(one => one.role !== role || one.stageIndex !== stageIndex || one.afterEnd !== afterEnd);
	const signed: SignOff = {role, name, by, note, stageIndex, afterEnd, seq, atMs, tMs};
	const next = {...state, signOffs: [...others, signed].slice(-signOffsKept)};
	return addLine(next, event, 'note', `signed off by ${name} for ${role}${note === '' ? '' : `: ${note}`}`);
}

/** Roles that must still sign before the present stage can be left, in the profile's order. A sign-off of an earlier stage says nothing of this one. */
export function missingSignOffs({plan, stage, signOffs}: SessionState): readonly string[] {
	const roles = plan?.stages[stage.index]?.signOffs ?? [];
	return roles.filter(role => !signOffs.some(one => one.role === role && one.stageIndex === stage.index));
}

/** Every role that may sign: of any stage, and of the decision. Empty: the profile names none. */
export function signingRoles({plan}: SessionState): readonly string[] {
	const roles = [...(plan?.stages ?? []).flatMap(({signOffs = []}) => signOffs), ...(plan?.signOffs ?? [])];
	return [...new Set(roles)];
}

/** Why this role can't sign, as a clause; undefined when it can. Where the profile names no role, any may. */
export function whyNotSign(state: SessionState, role: string): string | undefined {
	const roles = signingRoles(state);
	return roles.length === 0 || roles.includes(role)
		? undefined
		: `the profile asks no role "${role}" to sign; roles: ${roles.join(', ')}`;
}
