import {readFileSync, writeFileSync} from 'node:fs';
import type {Outcome} from './scenario.ts';

const document = new URL('../../../docs/systems.md', import.meta.url);
const [begin, end] = ['<!-- runs: written by `npm run systems` -->', '<!-- end of runs -->'];

/** Puts what the end-to-end run has seen into docs/systems.md: a row a canary. */
export function writeRuns(outcomes: readonly Outcome[]): void {
	const text = readFileSync(document, 'utf8');
	const [before, rest] = text.split(begin);
	const after = rest?.split(end)[1];
	if (before === undefined || after === undefined) throw new Error(`docs/systems.md lacks ${begin} or ${end}.`);
	const rows = outcomes.toSorted((left, right) => left.system.localeCompare(right.system)).map(rowOf);
	const table = [
		'| system | trigger | outcome | out of bound → asked | asked → verified | router reads | told | decision | bundle |',
		'| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
		...rows,
	].join('\n');
	writeFileSync(document, `${before}${begin}\n\n${table}\n\n${end}${after}`);
}

function rowOf({system, trigger, state, finalPercent, provedMs, verifiedMs, bundle, told}: Outcome): string {
	const outcome = `${state.ended?.outcome ?? 'not ended'}${state.rollback?.security ? ', security' : ''}`;
	const ms = (value: number | undefined): string => (value === undefined ? '' : `${Math.round(value)} ms`);
	const cells = [
		system,
		trigger === '' ? 'none: every gate held' : trigger,
		outcome,
		ms(provedMs),
		ms(verifiedMs),
		`${finalPercent} %`,
		[...new Set(told.map(({kind}) => kind))].map(kind => `${told.filter(one => one.kind === kind).length} ${kind}`).join(', '),
		bundle.verdict,
		`${bundle.present.length} of ${bundle.present.length + bundle.missing.length}: ${bundle.present.join(', ')}`,
	];
	return `| ${cells.join(' | ')} |`;
}
