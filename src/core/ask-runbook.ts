import {fail, ok, type Result} from '../base/result.ts';
import type {CommandAsked} from './facts/runbook.ts';
import {fromNum} from './num.ts';
import type {Plan} from './plan.ts';
import {runningCommands} from './reduce-runbook.ts';
import {fillPlaces, namesIn, type PlaceName, type PlaceValues, placeOf, placesOf} from './runbook-options.ts';
import type {SessionState} from './state.ts';

/** What somebody asks for, and what is selected on their screen. */
export type RunbookAsk = {
	readonly title: string;
	readonly guardrail?: string;
	readonly error?: string;
	/** A person has said yes to it. */
	readonly confirmed: boolean;
};

/** Who asks, where, and when by the wall clock. */
export type RunbookAsker = {readonly who: string; readonly session: string; readonly atMs: number};

/** More at once would take the machine from what guards. */
export const runningMax = 3;
/** A key that is stuck must not fill the disk. */
export const runsMax = 1_000;

/** The fact that has a command run, or why it can't be run now, as a clause. Rights are looked at elsewhere. */
export function askRunbook(
	state: SessionState,
	ask: RunbookAsk,
	asker: RunbookAsker,
): Result<Omit<CommandAsked, 'type'>, string> {
	const commands = state.plan?.commands ?? [];
	const index = commands.findIndex(({title}) => title === ask.title);
	const command = commands[index];
	if (!command) return fail(`the profile has no command “${ask.title}”`);
	if (command.dangerous && !ask.confirmed) return fail('it is marked dangerous: it must be confirmed');
	const running = runningCommands(state);
	if (running.some(one => one.index === index)) return fail('it is running already');
	if (running.length >= runningMax) return fail(`${runningMax} commands are running already`);
	const count = state.runbook?.count ?? 0;
	if (count >= runsMax) return fail(`${runsMax} commands were run in this session, which is the most`);
	const values: Record<string, string> = {};
	for (const name of placesOf(command.argv)) {
		const value = placeValue(state, name, ask, asker);
		if (!value.ok) return value;
		values[name] = value.value;
	}
	const option = command.argv.find(argument => looksLikeOption(argument, values));
	if (option !== undefined) return fail(`${option} begins with “-” here, and the program would take it for an option`);
	const run = count + 1;
	const argv = fillPlaces(command.argv, values);
	return ok({run, index, title: command.title, argv, values, name: fileName(run, command.title), by: asker.who});
}

/** Texts that others wrote: what a log says, what somebody calls himself. */
const foreign: ReadonlySet<PlaceName> = new Set(['error', 'by']);

/** An argument that begins with a foreign text may turn into an option, which the profile never said. */
function looksLikeOption(argument: string, values: PlaceValues): boolean {
	const first = placeOf(namesIn(argument)[0] ?? '');
	if (first === undefined || !foreign.has(first) || !/^\s*\{\{/.test(argument)) return false;
	return fillPlaces([argument], values)[0]?.startsWith('-') === true;
}

function placeValue(state: SessionState, name: PlaceName, ask: RunbookAsk, asker: RunbookAsker): Result<string, string> {
	const plan = state.plan as Plan;
	const {stage, split} = state;
	switch (name) {
		case 'session':
			return ok(asker.session);
		case 'profile':
			return ok(plan.profile);
		case 'title':
			return ok(plan.title);
		case 'environment':
			return ok(plan.environment);
		case 'baseline':
			return ok(plan.baseline.name);
		case 'candidate':
			return ok(plan.candidate.name);
		case 'stage':
			return withStage(state, plan.stages[stage.index]?.name);
		case 'stageNumber':
			return withStage(state, String(stage.index + 1));
		case 'weight':
			return split.configured ? ok(String(split.configured.weightPercent)) : fail('{{weight}}: the split is not known yet');
		case 'operator':
			return ok(state.operator);
		case 'by':
			return ok(asker.who);
		case 'guardrail':
		case 'query':
		case 'value':
			return ofGuardrail(state, name, ask.guardrail);
		case 'error':
			return ofError(state, ask.error);
		case 'startedAt':
			return ok(isoSecond(state.startedAtMs));
		case 'now':
			return ok(isoSecond(asker.atMs));
	}
}

const withStage = ({stage}: SessionState, text: string | undefined): Result<string, string> =>
	stage.index >= 0 && text !== undefined ? ok(text) : fail('{{stage}}: no stage has begun');

function ofGuardrail(state: SessionState, name: 'guardrail' | 'query' | 'value', id: string | undefined): Result<string, string> {
	if (id === undefined) return fail(`{{${name}}}: no guardrail is selected`);
	const guardrail = state.plan?.guardrails.find(one => one.id === id);
	if (!guardrail) return fail(`{{${name}}}: there is no guardrail “${id}”`);
	if (name === 'guardrail') return ok(id);
	if (name === 'query') return ok(guardrail.query);
	const value = state.guardrails[id]?.worst?.value;
	return value === undefined ? fail(`{{value}}: ${guardrail.title} has no value yet`) : ok(String(fromNum(value)));
}

function ofError({errors}: SessionState, code: string | undefined): Result<string, string> {
	if (code === undefined) return fail('{{error}}: no error is selected');
	if (code === '') return fail('{{error}}: the selected error has no code');
	return errors.groups.some(group => group.code === code) ? ok(code) : fail(`{{error}}: no error has the code “${code}”`);
}

/** `2026-11-21T12:00:05Z`: what tools take for a time. */
const isoSecond = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');

/** `commands/3-errors-by-type.txt`. */
function fileName(run: number, title: string): string {
	const slug = title
		.normalize('NFKD')
		.toLowerCase()
		.replaceAll(/[^a-z0-9]+/g, '-')
		.slice(0, 40)
		.replaceAll(/^-+|-+$/g, '');
	return `commands/${run}${slug === '' ? '' : `-${slug}`}.txt`;
}
