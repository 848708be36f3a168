import type {SessionState} from '../state.ts';
import {addLine} from '../timeline.ts';

export const alertActions = ['AUTO_ROLLBACK', 'SECURITY_ROLLBACK'] as const;
/** What an alert's label or annotation `canary_action` asks for. */
export type AlertAction = (typeof alertActions)[number];

/** Alertmanager says that an alert fires. Told once, however often it is repeated. Texts are sanitised and redacted. */
export type AlertReceived = {
	readonly type: 'alert-received';
	/** Alertmanager's own key of it. */
	readonly fingerprint: string;
	readonly name: string;
	readonly summary: string;
	/** Absent: it is only shown. */
	readonly action?: AlertAction;
	readonly via: 'webhook' | 'poll';
};

/** It fires no more, says the same Alertmanager by the same way. */
export type AlertResolved = {
	readonly type: 'alert-resolved';
	readonly fingerprint: string;
	readonly name: string;
	readonly via: 'webhook' | 'poll';
};

export type StandingAlert = Pick<AlertReceived, 'name' | 'summary' | 'action' | 'via'>;

type Stamped<Type> = Type & {readonly seq: number; readonly atMs: number; readonly tMs: number};

export function reduceAlert(state: SessionState, event: Stamped<AlertReceived> | Stamped<AlertResolved>): SessionState {
	const {[event.fingerprint]: was, ...others} = state.alerts ?? {};
	if (event.type === 'alert-resolved') {
		return was ? addLine({...state, alerts: others}, event, 'recovered', `alert ${event.name} resolved`) : state;
	}
	const {name, summary, action, via} = event;
	const standing: StandingAlert = {name, summary, via, ...(action && {action})};
	const text = `alert ${name}${action ? ` (${action})` : ''}${summary === '' ? '' : `: ${summary}`}`;
	return addLine({...state, alerts: {...others, [event.fingerprint]: standing}}, event, action ? 'breach' : 'notice', text);
}

/** Standing alerts that the profile lets roll back. */
export const rollbackAlerts = ({alerts, plan}: SessionState): readonly StandingAlert[] =>
	plan?.alertmanager?.mayRollBack ? Object.values(alerts ?? {}).filter(({action}) => action !== undefined) : [];

/** A security matter among them. */
export const isSecurityAlert = (state: SessionState): boolean =>
	rollbackAlerts(state).some(({action}) => action === 'SECURITY_ROLLBACK');

/** `the alert PaymentsDown (AUTO_ROLLBACK): …`: one cause of a rollback each. */
export const alertCauses = (state: SessionState): readonly string[] =>
	rollbackAlerts(state).map(({name, action, summary}) => `the alert ${name} (${action})${summary === '' ? '' : `: ${summary}`}`);
