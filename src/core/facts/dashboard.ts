import type {SessionState} from '../state.ts';
import {addLine} from '../timeline.ts';

/** A dashboard that shows this session's guardrails was pushed, before it or while it ran. */
export type DashboardNoted = {
	readonly type: 'dashboard-noted';
	readonly uid: string;
	readonly title: string;
	readonly url: string;
	readonly by: string;
};

export type NotedDashboard = Omit<DashboardNoted, 'type'> & {readonly seq: number; readonly atMs: number};

/** More groups than any profile has; the journal has all. */
const dashboardsKept = 50;

/** One uid is one dashboard: pushed again it is the same, and worth no second line where nothing about it is new. */
export function reduceDashboard(
	state: SessionState,
	event: DashboardNoted & {readonly seq: number; readonly atMs: number; readonly tMs: number},
): SessionState {
	const {uid, title, url, by, seq, atMs} = event;
	const others = (state.dashboards ?? []).filter(one => one.uid !== uid);
	const known = state.dashboards?.find(one => one.uid === uid);
	const next = {...state, dashboards: [...others, {uid, title, url, by, seq, atMs}].slice(-dashboardsKept)};
	return known?.url === url ? next : addLine(next, event, 'notice', `dashboard ${title}: ${url}`);
}
