import {formatCountdown, formatDuration} from '../base/duration.ts';
import {stopsAtMs} from './decide-instance.ts';
import type {SessionState} from './state.ts';

export type InstanceText = {readonly text: string; readonly tone: 'good' | 'bad' | 'warn' | 'plain'};

/** How the candidate's own instance stands, in one line: `pid 4711, up 3h 12m, healthy; stopped in 47h 3m`. Undefined where there is none. */
export function instanceText(state: SessionState, nowMs: number): InstanceText | undefined {
	const {plan, instance, baseline} = state;
	if (!plan?.instance) return undefined;
	if (!instance) return {text: 'not started', tone: 'plain'};
	const {status, process: running, health, message = '', sinceMs} = instance;
	const pid = running ? `pid ${running.pid}, ` : '';
	const whole = (ms: number): string => {
		// Seconds are noise beside hours.
		const unit = ms < 3_600_000 ? 1_000 : 60_000;
		return formatDuration(Math.max(0, Math.round(ms / unit) * unit));
	};
	switch (status) {
		case 'starting':
			return {
				text: `${pid}starting, ${whole(nowMs - sinceMs)} of ${whole(plan.instance.withinMs)}${health ? `: ${health.message}` : ''}`,
				tone: 'plain',
			};
		case 'up': {
			const stopsAt = stopsAtMs(state);
			const stops =
				stopsAt === undefined ? '' : stopsAt <= nowMs ? '; to be stopped' : `; stopped in ${formatCountdown(stopsAt - nowMs)}`;
			const restart = baseline?.status === 'running' ? '; the baseline is being restarted' : '';
			const isIll = health?.ok === false;
			const how = isIll ? `not healthy: ${health.message}` : 'healthy';
			return {text: `${pid}up ${whole(nowMs - sinceMs)}, ${how}${restart}${stops}`, tone: isIll ? 'warn' : 'good'};
		}
		case 'stopping':
			return {text: `${pid}being stopped`, tone: 'plain'};
		case 'stopped':
			return {text: `stopped: ${message}`, tone: 'plain'};
		case 'failed':
			return {text: `did not start: ${message}`, tone: 'bad'};
		case 'ended':
			return {text: `ended by itself: ${message}`, tone: 'bad'};
	}
}
