import type {Command} from 'commander';

/** `canary init`: its words and options; the work is in init.ts. */
export const addInit = (program: Command, finish: (code: Promise<number>) => Promise<void>): void =>
	void program
		.command('init')
		.description('look at what a Prometheus or a metrics page has, and write a commented profile')
		.option('--prometheus <url>', 'a Prometheus that has the metrics')
		.option('--metrics <url>', "the candidate's metrics page")
		.option('--baseline-metrics <url>', "the baseline's metrics page, beside --metrics")
		.option('--select <matchers>', 'which series are the candidate’s, as in PromQL: track="canary"')
		.option('--baseline-select <matchers>', 'which are those in service: bounds get their head-room over these')
		.option('--name <name>', "the profile's name", 'my-canary')
		.option('--listen <host:port>', 'where the built-in proxy takes requests', '127.0.0.1:8080')
		.option('--control-socket <path>', 'the control socket of a built-in proxy that runs')
		.option('--baseline <url>', 'the baseline, behind the built-in proxy')
		.option('--candidate <url>', 'the candidate, behind the built-in proxy')
		.option('--out <file>', 'write there instead of to standard output')
		.option('--force', 'write over a file that is there')
		.addHelpText('after', '\nExample:\n  $ canary init --metrics http://127.0.0.1:3001/metrics --out profile.yaml')
		.action(async options => finish((await import('./init.ts')).initCommand(options)));
