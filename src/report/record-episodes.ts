import {badness} from '../core/bound.ts';
import type {SessionEvent} from '../core/event.ts';
import {fromNum} from '../core/num.ts';
import {guardrailInStage} from '../core/plan.ts';
import {stageOf} from '../core/reduce-tick.ts';
import type {GuardrailState, SessionState} from '../core/state.ts';
import {clean} from './clean.ts';
import {type Episode, type Recorded, type Silence, stampOf} from './recorded.ts';
import {listedMax} from './recorder.ts';

/** A guardrail's times outside its bound, and its times without an answer. */
export function recordEpisodes(recorded: Recorded, event: SessionEvent, before: SessionState, after: SessionState): void {
	for (const {id} of recorded.plan?.guardrails ?? []) {
		const was = before.guardrails[id];
		const is = after.guardrails[id];
		if (!was || !is || was === is) continue;
		recordEpisode(recorded, event, id, after, is);
		recordSilence(recorded, event, id, is);
	}
}

const isOut = ({status, breachingSinceMs}: GuardrailState): boolean =>
	status === 'pending' || status === 'breached' || breachingSinceMs !== undefined;

function recordEpisode(
	recorded: Recorded,
	event: SessionEvent,
	guardrail: string,
	after: SessionState,
	is: GuardrailState,
): void {
	const {episodes} = recorded.open;
	const open = episodes.get(guardrail);
	if (!isOut(is)) {
		if (open) open.over = stampOf(event);
		episodes.delete(guardrail);
		return;
	}
	const episode = open ?? newEpisode(recorded, event, guardrail, after);
	if (is.status === 'breached') episode.breached ??= {...stampOf(event), by: is.breachedBy ?? 'bound'};
	episode.because = clean(is.because);
	noteWorst(episode, event, after, is);
}

function newEpisode(recorded: Recorded, event: SessionEvent, guardrail: string, after: SessionState): Episode {
	const stage = recorded.periods.at(-1)?.exited ? -1 : after.stage.index;
	const episode: Episode = {guardrail, began: stampOf(event), stage, because: ''};
	if (recorded.episodes.length < listedMax) recorded.episodes.push(episode);
	else recorded.left++;
	recorded.open.episodes.set(guardrail, episode);
	return episode;
}

/** The value furthest outside its bound in this episode; a value that comes after it is back inside is none of it. */
function noteWorst(episode: Episode, {seq}: SessionEvent, after: SessionState, is: GuardrailState): void {
	const planned = after.plan?.guardrails.find(({id}) => id === episode.guardrail);
	const bound = planned && guardrailInStage(planned, stageOf(after)).bound;
	if (!bound || !is.worst || is.noDataSinceMs !== undefined || is.worstAtMs !== is.readAtMs) return;
	const value = fromNum(is.worst.value);
	if (episode.worst && badness(bound, value) <= badness(bound, episode.worst.value)) return;
	const labels = Object.entries(is.worst.labels).map(([name, text]) => `${name}="${text}"`);
	episode.worst = {value, seq, labels: clean(labels.join(', '), 300)};
}

function recordSilence(recorded: Recorded, event: SessionEvent, guardrail: string, is: GuardrailState): void {
	const {silences} = recorded.open;
	const open = silences.get(guardrail);
	if (is.noDataSinceMs === undefined) {
		if (open) open.over = stampOf(event);
		silences.delete(guardrail);
		return;
	}
	if (open) return;
	const silence: Silence = {guardrail, began: stampOf(event), because: clean(is.because), status: is.status};
	if (recorded.silences.length < listedMax) recorded.silences.push(silence);
	else recorded.left++;
	silences.set(guardrail, silence);
}
