import {formatValue} from '../base/number-format.ts';
import {type Answer, answerOf} from '../core/answer.ts';
import {boundText} from '../core/bound.ts';
import {instanceRemarks} from '../core/decide-instance.ts';
import {fromNum} from '../core/num.ts';
import type {GuardrailPlan, Plan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import {percentText} from '../core/reduce-split.ts';
import {compilePlan} from '../profile/compile.ts';
import {missingForCommands} from '../profile/programs.ts';
import {type Asked, askOnce} from './ask-once.ts';
import {comparedNow, comparedText} from './compared-now.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, outputColumns, safe, say, sayJson} from './output.ts';
import {closeParts, openParts} from './parts.ts';
import {tableText} from './table.ts';

type Row = {readonly guardrail: GuardrailPlan; readonly reading: Reading; readonly answer: Answer};

/** `canary check PROFILE`: everything is validated, asked and read once; nothing is moved. */
export async function checkCommand(path: string, {json}: {json?: boolean}): Promise<ExitCode> {
	const loaded = await loadOrThrow(path);
	const compiled = compilePlan(loaded);
	const parts = await openParts(compiled);
	if (!parts.ok) throw new CommandError(parts.error, exitCodes.usage);
	const asked = await askOnce(parts.value, compiled).finally(() => closeParts(parts.value));
	const rows = compiled.plan.guardrails.map((guardrail): Row => {
		const reading = asked.readings[guardrail.id] ?? unanswered;
		return {guardrail, reading, answer: answerOf(guardrail, reading)};
	});
	const code = codeOf(rows, asked);
	const missing = await missingForCommands(compiled.commands, process.env);
	const remarks = [...loaded.notes, ...asked.remarks, ...instanceRemarks(compiled.plan), ...missing];
	if (json) sayJson({...jsonOf(rows, asked, remarks, code), compare: comparedNow(compiled.plan.compare ?? [], asked.readings)});
	else await print(rows, asked, remarks, compiled.plan, code);
	return code;
}

const unanswered: Reading = {kind: 'error', error: 'internal', message: 'not asked', tookMs: 0};

/** Not reached comes before breached: who could not ask knows nothing. */
function codeOf(rows: readonly Row[], {split, impossible}: Asked): ExitCode {
	const kinds = rows.map(({answer}) => answer);
	if (!split.ok || kinds.some(answer => answer.kind === 'missing' && answer.status === 'error')) return exitCodes.unreachable;
	if (impossible.length > 0) return exitCodes.usage;
	if (kinds.some(({kind}) => kind === 'breaching')) return exitCodes.bad;
	// What is only shown guards nothing, with data or without.
	return rows.some(({answer, guardrail}) => answer.kind === 'missing' && guardrail.bound)
		? exitCodes.inconclusive
		: exitCodes.good;
}

const verdictOf = (answer: Answer): string => {
	switch (answer.kind) {
		case 'healthy':
			return answer.warning ? '! ok, with a warning' : '✓ ok';
		case 'shown':
			return '· shown only';
		case 'breaching':
			return answer.severe ? '✗ outside, severely' : '✗ outside';
		case 'missing':
			return answer.status === 'error' ? '✗ error' : '? no data';
	}
};

function valueText({guardrail: {unit, bound}, answer}: Row): string {
	return answer.worst ? formatValue(fromNum(answer.worst.value), unit, bound?.value) : '-';
}

const healthyOf = ({unit, bound}: GuardrailPlan): string =>
	bound ? boundText(bound, limit => formatValue(limit, unit, limit)) : '-';

async function print(
	rows: readonly Row[],
	asked: Asked,
	remarks: readonly string[],
	{title, compare = []}: Plan,
	code: ExitCode,
): Promise<void> {
	const table = rows.map(row => ({
		guardrail: safe(row.guardrail.title),
		value: valueText(row),
		healthy: healthyOf(row.guardrail),
		verdict: verdictOf(row.answer),
		took: row.guardrail.origin === 'log' ? '-' : `${Math.round(row.reading.tookMs)} ms`,
		why: row.answer.because === '' ? '-' : safe(row.answer.because),
	}));
	say(safe(title));
	if (table.length > 0) say(await tableText(table, outputColumns()));
	for (const line of await comparedText(compare, asked.readings)) say(line);
	say(`metrics  ${safe(asked.target)}${asked.skewMs === undefined ? '' : `, clock ${Math.round(asked.skewMs)} ms off`}`);
	say(`router   ${safe(asked.routerTarget)}`);
	say(splitText(asked));
	for (const sentence of asked.impossible) say(`✗  ${safe(sentence, 1_000)}`);
	for (const remark of remarks) say(`!  ${safe(remark, 1_000)}`);
	say(conclusion[code]);
}

function splitText({split, splitTookMs}: Asked): string {
	if (!split.ok)
		return `split    ✗ ${safe(split.error.message)}${split.error.remedy === undefined ? '' : ` ${safe(split.error.remedy)}`}`;
	const {weightPercent, pools} = split.value;
	const up = pools ? `, servers up: baseline ${pools.baseline.join('/')}, candidate ${pools.candidate.join('/')}` : '';
	return `split    ${percentText(weightPercent)} to the candidate${up}, read in ${Math.round(splitTookMs)} ms`;
}

const conclusion: Readonly<Record<ExitCode, string>> = {
	0: '✓ everything answers, every guardrail is inside its bound',
	1: '✗ a guardrail is outside its bound now',
	2: '✗ the router can’t set a weight of the plan',
	3: '? some guardrails have no data (before the first weight that is as it should be)',
	4: '✗ something could not be reached or asked',
};

function jsonOf(rows: readonly Row[], asked: Asked, remarks: readonly string[], code: ExitCode) {
	return {
		exitCode: code,
		metrics: asked.target,
		router: asked.routerTarget,
		split: asked.split,
		impossible: asked.impossible,
		observedPercent: asked.observedPercent,
		remarks,
		guardrails: rows.map(({guardrail, reading, answer}) => ({
			id: guardrail.id,
			title: guardrail.title,
			query: guardrail.query,
			bound: guardrail.bound,
			verdict: answer.kind,
			worst: answer.worst,
			because: answer.because,
			reading,
		})),
	};
}
