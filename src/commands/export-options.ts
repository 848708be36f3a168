import type {Command} from 'commander';
import type {ExportKind} from './export.ts';

/** `canary export …`: its words and options; the work is in export.ts, loaded when it is asked for. */
export function addExport(program: Command, finish: (code: Promise<number>) => Promise<void>): void {
	const exporting = program
		.command('export')
		.description('a profile in the words of other tools: alerting rules, an Alertmanager route, Grafana dashboards')
		.addHelpText('after', '\nExample:\n  $ canary export rules profile.yaml --out canary-rules.yml');
	const add = (what: ExportKind, description: string): Command =>
		exporting
			.command(what)
			.description(description)
			.argument('<profile>', 'the profile file')
			.option('--out <file>', 'write there instead of to standard output; several dashboards go into a folder')
			.action(async (profile, options) => finish((await import('./export.ts')).exportCommand(what, profile, options)));

	const example = (words: string): string => `\nExample:\n  $ canary export ${words}`;
	add('rules', 'alerting rules of Prometheus: what promtool check rules accepts').addHelpText(
		'after',
		example('rules profile.yaml --out canary-rules.yml'),
	);
	add('prometheusrule', 'the same as a PrometheusRule object of Kubernetes')
		.option('--label <name=value...>', 'labels of the object, which the operator selects it by')
		.addHelpText('after', example('prometheusrule profile.yaml --label release=prometheus | kubectl apply -f -'));
	add('alertmanager', "a route and a receiver that bring the alerts to the controller's webhook")
		.option(
			'--webhook <url>',
			"where the controller listens (default: as the profile's alertmanager.webhook says, else http://127.0.0.1:9095/alertmanager)",
		)
		.option('--token-file <file>', "a file with the webhook's token, on Alertmanager's machine", '/etc/alertmanager/canary-token')
		.addHelpText('after', example('alertmanager profile.yaml --webhook http://10.0.0.7:9095/alertmanager'));
	add('grafana', 'dashboards, one for each group of guardrails: a panel for each, with its bounds as thresholds')
		.addHelpText('after', example('grafana profile.yaml --out dashboards/'))
		.option('--together', 'all groups in one dashboard, a row for each')
		.option('--group <name>', 'only that group')
		.option('--push <url>', 'send them to that Grafana, and print their uids')
		.option('--session <session>', 'with --push: note their addresses in that session, for its report')
		.option('--token-env <name>', 'the environment variable that holds the token for --push', 'GRAFANA_TOKEN')
		.option('--token-file <file>', 'a file that holds it');
}
