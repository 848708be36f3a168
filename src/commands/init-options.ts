import {type Command, Option} from 'commander';
import type {RouterKind} from './init/router-flags.ts';

/** All of them, by type; the schema itself is not loaded for a help text. */
const routerKinds: Readonly<Record<RouterKind, true>> = {
	builtin: true,
	haproxy: true,
	nginx: true,
	command: true,
	'aws-alb': true,
	'gateway-api': true,
	'argo-rollouts': true,
};

const examples = `
Examples:
  $ canary init --metrics http://127.0.0.1:3001/metrics --out profile.yaml
  $ canary init --prometheus https://prometheus:9090 --bearer-token env:PROM_TOKEN --ca-file ca.pem --select 'track="canary"' \\
      --router haproxy --haproxy-socket /run/haproxy/admin.sock --haproxy-backend be_app --baseline v1 --candidate v2`;

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
		.optionsGroup('Getting at the metrics:')
		.option('--bearer-token <reference>', 'a token for the metrics: env:NAME or file:PATH, never the token itself')
		.option('--user <name>', 'a user for the metrics, with --password')
		.option('--password <reference>', 'his password: env:NAME or file:PATH')
		.option('--ca-file <path>', "PEM: who signed the certificate of the metrics' server")
		.option('--cert-file <path>', 'PEM: a client certificate, with --key-file')
		.option('--key-file <path>', 'PEM: its key')
		.option('--server-name <name>', 'the name to verify, where it is not the host in the URL')
		.optionsGroup('What moves the traffic:')
		.addOption(new Option('--router <kind>', 'what moves the traffic (default: builtin)').choices(Object.keys(routerKinds)))
		.option('--baseline <sides>', 'what is in service, as the router calls it: URLs, servers, target groups, Services')
		.option('--candidate <sides>', 'what is tried')
		.option('--listen <host:port>', 'builtin: where it takes requests (default: 127.0.0.1:8080)')
		.option('--control-socket <path>', 'builtin: the control socket of one that runs')
		.option('--haproxy-socket <address>', 'haproxy: the runtime API, a path or host:port')
		.option('--haproxy-backend <names>', 'haproxy: the backend, or several')
		.option('--nginx-include <path>', 'nginx: the file that holds the upstream, and is ours')
		.option('--nginx-upstream <name>', 'nginx: its name')
		.option('--nginx-revision-url <url>', 'nginx: where it answers with the revision in force')
		.option('--command-read <argv>', 'command: what prints the split; words, or a list in JSON')
		.option('--command-parse <regex>', "command: finds the candidate's weight in it")
		.option('--command-write <argv>', 'command: what sets it, with {candidate} and {baseline}')
		.option('--alb-rule <arn>', 'aws-alb: the listener rule')
		.option('--alb-listener <arn>', 'aws-alb: or the listener, for its default action')
		.option('--namespace <name>', 'gateway-api, argo-rollouts: the namespace')
		.option('--kube-context <name>', 'gateway-api, argo-rollouts: a context of the kubeconfig')
		.option('--route <name>', 'gateway-api: the HTTPRoute')
		.option('--rollout <name>', 'argo-rollouts: the Rollout')
		.optionsGroup('The file:')
		.option('--out <file>', 'write there instead of to standard output')
		.option('--force', 'write over a file that is there')
		.addHelpText('after', examples)
		.action(async options => finish((await import('./init.ts')).initCommand(options)));
