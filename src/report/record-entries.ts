import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from '../core/event.ts';
import {ladderText} from '../core/reduce-gradual.ts';
import {sameSplit} from '../core/split.ts';
import type {SessionState} from '../core/state.ts';
import {clean} from './clean.ts';
import {type Entry, type Recorded, stampOf} from './recorded.ts';
import {listedMax} from './recorder.ts';

/** Who acts when nobody asked. */
const automatic = 'canary-console';

/** What people and the program asked, said and wrote down. */
export function recordEntry(recorded: Recorded, event: SessionEvent, before: SessionState): void {
	const stamp = stampOf(event);
	const add = (by: string, what: string, text = ''): void => {
		const entry: Entry = {...stamp, by: clean(by), what, text: clean(text)};
		if (recorded.entries.length < listedMax) recorded.entries.push(entry);
		else recorded.left++;
	};
	switch (event.type) {
		case 'controller-resumed': {
			const {by, unguardedMs} = event;
			recorded.resumes.push({...stamp, by: clean(by), unguardedMs, hadTraffic: hadTraffic(before)});
			add(by, 'controller resumed', `unguarded for ${formatDuration(unguardedMs)}`);
			break;
		}
		case 'controller-stopping':
			add('canary-console', 'controller stopped', event.reason);
			break;
		case 'session-ended':
			recorded.ends.push({...stamp, outcome: event.outcome, reason: clean(event.reason)});
			break;
		case 'clock-jumped':
			recorded.jumps.push({...stamp, byMs: event.byMs, hadTraffic: hadTraffic(before)});
			break;
		case 'noticed':
			add('canary-console', event.level, event.text);
			break;
		case 'promote-asked':
			add(event.by, `asked for ${event.toPercent} %`, event.reason);
			break;
		case 'hold-asked':
			add(event.by, 'held', event.reason);
			break;
		case 'resume-asked':
			add(event.by, 'resumed', event.reason);
			break;
		case 'rollback-asked':
			recorded.asked ??= {...stamp, by: clean(event.by), reason: clean(event.reason)};
			add(event.by, 'asked for a rollback', event.reason);
			break;
		case 'gradual-asked':
			recorded.gradualAsked = stamp;
			add(event.by, `asked for a gradual rollback, ${ladderText(event)}`, event.reason);
			break;
		case 'end-asked':
			add(event.by, 'asked to end', event.reason);
			break;
		case 'snapshot-asked':
			add(event.by, 'asked for a checkpoint', event.reason);
			break;
		case 'note-added':
			add(event.by, 'note', event.text);
			break;
		case 'alert-acknowledged':
			add(event.by, `acknowledged ${clean(event.guardrail)}`, event.text);
			break;
		case 'signed-off': {
			const {role, name, note} = event;
			recorded.signOffs.push({...stamp, role: clean(role, 80), by: clean(name, 120), note: clean(note)});
			break;
		}
		case 'console-armed':
			add(event.by, 'armed a console', event.reason);
			break;
		case 'command-refused':
			add(event.by, `was refused ${clean(event.command)}`, event.reason);
			break;
		case 'instance-started': {
			const {process: running, found} = event;
			add(automatic, found ? 'found the instance' : 'started the instance', `pid ${running.pid}`);
			break;
		}
		case 'instance-failed':
			add(automatic, 'the instance did not start', event.message);
			break;
		case 'instance-ended':
			if (hadTraffic(before) && recorded.instanceEnds.length < listedMax) recorded.instanceEnds.push(event.seq);
			add(automatic, 'the instance ended by itself', event.message);
			break;
		case 'instance-stop-intended':
			add(event.by, 'stopped the instance', event.reason);
			break;
		case 'instance-stopped':
			add(automatic, 'the instance is gone', event.message);
			break;
		case 'instance-stop-failed':
			add(automatic, 'the instance could not be stopped', event.message);
			break;
		case 'baseline-restart-started': {
			const {process: running, found} = event;
			add(automatic, found ? 'found the restart of the baseline' : 'began to restart the baseline', `pid ${running.pid}`);
			break;
		}
		case 'baseline-restarted':
			add(automatic, event.ok ? 'restarted the baseline' : 'could not restart the baseline', event.message);
			break;
		case 'checkpoint-written':
		case 'artifact-written':
			recordFile(recorded, event);
			break;
		case 'checkpoint-failed': {
			const name = clean(event.name);
			recorded.failedFiles.set(`checkpoint ${name}`, {...stamp, name, message: clean(event.message)});
			break;
		}
		default:
			break;
	}
}

type FileEvent = Extract<SessionEvent, {type: 'checkpoint-written' | 'artifact-written'}>;

/** Of a file that is written again and again the newest sum counts. */
function recordFile({files, failedFiles}: Recorded, event: FileEvent): void {
	const kind = event.type === 'checkpoint-written' ? 'checkpoint' : 'artifact';
	const name = clean(event.name);
	const {sha256, bytes} = event;
	const trigger = event.type === 'checkpoint-written' ? {trigger: event.trigger} : {};
	const key = `${kind} ${name}`;
	const writes = (files.get(key)?.writes ?? 0) + 1;
	files.set(key, {...stampOf(event), kind, name, ...trigger, sha256: clean(sha256), bytes, writes});
	failedFiles.delete(key);
}

/** Whether the candidate had, or may have had, traffic. */
export const hadTraffic = ({stage, split, action, rollback}: SessionState): boolean =>
	(stage.index >= 0 && rollback?.verifiedAtMs === undefined) ||
	action !== undefined ||
	!sameSplit(split.configured?.weightPercent ?? 0, 0);
