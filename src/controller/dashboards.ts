import {sanitize} from '../base/text.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

/** A dashboard that was pushed before: `url` is where a person opens it. */
export type KnownDashboard = {readonly uid: string; readonly title: string; readonly url: string};

/** What was pushed for this profile before stands in the record of the session, so that its report can name it. */
export function noteDashboards({runtime}: Wired, {dashboards = [], by}: ControllerOptions): void {
	for (const {uid, title, url} of dashboards) {
		if (runtime.state.dashboards?.some(one => one.uid === uid && one.url === url)) continue;
		runtime.take({type: 'dashboard-noted', uid: sanitize(uid, 80), title: sanitize(title, 200), url: sanitize(url, 400), by});
	}
}
