import type {Plan} from '../core/plan.ts';
import {alertmanagerConfig} from '../export/alertmanager.ts';
import {exportRules, prometheusRule} from '../export/rules.ts';
import {compilePlan} from '../profile/compile.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {exportDashboards} from './export-dashboards.ts';
import {writeOut} from './export-file.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, safe, tell} from './output.ts';
import {exportHeading, rulesText, yamlText} from './rules-text.ts';

export type ExportOptions = {
	readonly out?: string;
	readonly label?: readonly string[];
	readonly webhook?: string;
	readonly tokenFile?: string;
	readonly tokenEnv?: string;
	readonly push?: string;
	readonly session?: string;
	readonly together?: boolean;
	readonly group?: string;
};

export type ExportKind = 'rules' | 'prometheusrule' | 'alertmanager' | 'grafana';

/** `canary export WHAT PROFILE`: text to standard output or a file; what could not be said in it, to standard error. */
export async function exportCommand(what: ExportKind, path: string, options: ExportOptions): Promise<ExitCode> {
	const {plan, alertmanager} = compilePlan(await loadOrThrow(path));
	const {host = '127.0.0.1', port = 9095} = alertmanager?.webhook ?? {};
	if (what === 'grafana') return exportDashboards(plan, options);
	if (what === 'rules' || what === 'prometheusrule') for (const note of notesOf(plan)) tell(`canary: note: ${safe(note)}`);
	writeOut(textOf(what, plan, {webhook: `http://${host}:${port}/alertmanager`, ...options}), options.out);
	return exitCodes.good;
}

/** @throws CommandError where there would be no rule in the file. */
function notesOf(plan: Plan): readonly string[] {
	const {groups, notes} = exportRules(plan);
	if (groups.length > 0) return notes;
	throw new CommandError(
		`${plan.profile} has no guardrail that could become an alert: one needs a query and a bound ("healthy").`,
		exitCodes.usage,
	);
}

function textOf(what: Exclude<ExportKind, 'grafana'>, plan: Plan, options: ExportOptions): string {
	switch (what) {
		case 'rules':
			return rulesText(plan);
		case 'prometheusrule':
			return exportHeading(plan, 'Alerting rules') + yamlText(prometheusRule(plan, labelsOf(options.label ?? [])));
		case 'alertmanager': {
			const {webhook: url = '', tokenFile = ''} = options;
			if (!/^https?:\/\/[^\s/]+/.test(url))
				throw new CommandError(`${JSON.stringify(url)} is no URL of http or https.`, exitCodes.usage);
			return exportHeading(plan, 'Route and receiver') + yamlText(alertmanagerConfig(plan, {url, tokenFile}));
		}
	}
}

function labelsOf(words: readonly string[]): Readonly<Record<string, string>> {
	return Object.fromEntries(
		words.map(word => {
			const [, name = '', value = ''] = /^([A-Za-z0-9][\w./-]*)=([\w.-]*)$/.exec(word) ?? [];
			if (name === '') throw new CommandError(`${JSON.stringify(word)} is no label: write name=value.`, exitCodes.usage);
			return [name, value];
		}),
	);
}
