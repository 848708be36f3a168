import {statSync} from 'node:fs';
import {join} from 'node:path';
import type {Dashboard} from '@grafana/grafana-foundation-sdk/dashboard';
import type {Plan} from '../core/plan.ts';
import {dashboardGroups, grafanaDashboard, grafanaDashboards} from '../export/grafana.ts';
import {type PushedDashboard, rememberDashboards} from '../journal/dashboards.ts';
import {makeFolder} from '../journal/home.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import type {ExportOptions} from './export.ts';
import {writeOut} from './export-file.ts';
import {noteInSession} from './note-dashboards.ts';
import {CommandError, safe, say, tell} from './output.ts';
import {pushDashboard} from './push-dashboard.ts';
import {findSession} from './sessions-on-disk.ts';

/** `canary export grafana`: one dashboard for each group, pushed, into a folder, or a single one to a file or standard output. */
export async function exportDashboards(plan: Plan, options: ExportOptions): Promise<ExitCode> {
	const dashboards = chosen(plan, options);
	const {push, out, session} = options;
	if (push !== undefined) {
		// One that isn't there is told before anything is sent.
		if (session !== undefined) findSession(session, 'any');
		const pushed: PushedDashboard[] = [];
		for (const dashboard of dashboards) {
			const {uid, url} = await pushDashboard(dashboard, {...options, push});
			say(`uid ${safe(uid)}`);
			say(`url ${safe(url)}`);
			pushed.push({uid: safe(uid), title: safe(dashboard.title ?? uid), url: safe(url), at: new Date().toISOString()});
		}
		const kept = await rememberDashboards(plan.profile, pushed);
		if (!kept.ok) tell(`canary: pushed, but not remembered for the sessions to come: ${safe(kept.error)}`);
		if (session !== undefined) await noteInSession(session, pushed);
		return exitCodes.good;
	}
	if (session !== undefined)
		throw new CommandError('--session goes with --push: only what was pushed has an address.', exitCodes.usage);
	const [first] = dashboards;
	if (first && dashboards.length === 1 && !(out !== undefined && isFolder(out))) writeOut(textOf(first), out);
	else for (const each of dashboards) writeOut(textOf(each), join(folderOf(plan, out), `${each.uid}.json`));
	return exitCodes.good;
}

const textOf = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, null, '\t')}\n`;

function chosen(plan: Plan, {together, group}: ExportOptions): readonly Dashboard[] {
	const groups = dashboardGroups(plan);
	if (groups.length === 0) {
		throw new CommandError(`${plan.profile} has no guardrail with a query: there is nothing to draw.`, exitCodes.usage);
	}
	if (group !== undefined) {
		const index = groups.indexOf(group);
		if (index === -1) {
			throw new CommandError(
				`${plan.profile} has no group ${JSON.stringify(safe(group, 60))} with a query in it: its groups are ${safe(groups.join(', '), 400)}.`,
				exitCodes.usage,
			);
		}
		return grafanaDashboards(plan).slice(index, index + 1);
	}
	return together || groups.length === 1 ? [grafanaDashboard(plan)] : grafanaDashboards(plan);
}

const isFolder = (path: string): boolean =>
	path.endsWith('/') || (statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false);

/** Makes the folder where it isn't there. @throws CommandError where there is none, or a file of that name. */
function folderOf(plan: Plan, out: string | undefined): string {
	if (out === undefined) {
		throw new CommandError(
			`${plan.profile} has ${dashboardGroups(plan).length} groups, and each is a dashboard: name a folder (--out dashboards/), one group (--group ${JSON.stringify(dashboardGroups(plan)[0])}), or take them --together.`,
			exitCodes.usage,
		);
	}
	try {
		makeFolder(out);
	} catch (error) {
		throw new CommandError(
			`${out} is no folder for dashboards: ${(error as Error).message}. Name another --out.`,
			exitCodes.usage,
		);
	}
	return out;
}
