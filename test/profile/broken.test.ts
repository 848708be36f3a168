import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {formatFaults} from '../../src/profile/fault.ts';
import {loadProfile} from '../../src/profile/load.ts';

/** Each broken profile and what its message must say whatever else changes; `path line:column` and a fragment of the sentence. */
const broken: Readonly<Record<string, readonly string[]>> = {
	'alias-bomb': [':3:10', 'unfolds to more than 20,000 values'],
	'alias-in-itself': ["an alias can't stand inside its own anchor"],
	'alias-unknown': [':14:10  guardrails[0].for', 'there is no anchor "&usual" above'],
	'anchor-merge-of-text': [':15:5', '<<: *name'],
	'argo-rollouts': ['"name" is no key of router.argo-rollouts', '"rollout" is missing', '"kubeconfig" has no effect beside'],
	'auth-two': ['"basic" and "bearerTokenEnv" both stand here', 'one of passwordFile or passwordEnv must stand here'],
	'aws-alb': [
		'is no ARN of a listener rule',
		'"shop-v1" is no ARN of a target group',
		'"Frankfurt" is no AWS region',
		'at most 999',
	],
	'aws-alb-sides': [
		'"rule" and "listener" both stand here',
		'stands on both sides',
		'is in "us-east-1", but the listener is in "eu-central-1"',
	],
	'bound-block-scalar': [':19:', 'must stand in quotes', 'healthy: "> 99.5"'],
	'bound-number': ['guardrails[1].healthy', 'Did you mean "< 250"?'],
	'bound-ratio-percent': ['the value is 0–1. Write "< 0.05"'],
	'bound-reversed': ['"=< 250" is no bound', 'Did you mean "<= 250"?'],
	'bound-tag': ['Put the bound in quotes: "!= 0"'],
	'bound-with-unit': ['Did you mean "< 250" with "unit: ms"?'],
	'budget-without-logs': ['a budget counts lines of error logs, and the profile follows none'],
	'checkpoint-after-end': ['stages[0].checkpoints[2]', '60m comes after the end of its stage, which lasts 15m'],
	'colon-in-query': ['there is a second ": "', `query: 'sum(rate(errors_total{path="a: b"}[1m]))'`],
	'command-as-one-text': ['there is no shell', '["tool", "split", "--show"]', '">" would reach the program as an argument'],
	'command-no-placeholder': [
		'missing closing )',
		'"regex" and "jsonPath" both stand here',
		'no argument holds {candidate} or {baseline}',
	],
	'command-placeholders': ['"weights..candidate" is no path', '{candidat} stands for nothing. Did you mean "candidate"?'],
	'command-scale': ['Add "decimals: 2"', 'RE2 has no look-ahead and no look-behind'],
	'duplicate-guardrail': ['guardrails[1].id', '"error-rate" is taken by guardrails[0] already'],
	'duplicate-key': [':15:5', 'the key "for" stands twice'],
	'duplicate-stage': ['stages[1].name', '"first" is taken by stages[0] already'],
	'duration-fraction': ['Did you mean "1h30m"?'],
	'duration-negative': ['"-30s" is negative'],
	'duration-number': ['30 has no unit', 'Did you mean "30s" or "30m"?'],
	'duration-too-short': ['poll  10ms is too short: at least 100ms'],
	'duration-words': [
		':14:10  guardrails[0].for  "5 min" is no duration. Write a number and a unit: 250ms, 30s, 5m, 2h, 1d. Did you mean "5m"?',
	],
	empty: ['the profile is empty'],
	'environment-bad-name': ['{PROM-HOST}', 'is no reference to the environment'],
	'environment-in-flow': [':4:', 'must stand in quotes: "'],
	'environment-unset': [':7:10', 'variable PROMETHEUS_URL is not set', 'is never closed'],
	'error-classes': [
		'no line can fall into "slow"',
		'the name "slow" is taken by errors[1]',
		'"code" and "codes" both stand here',
		'-1 is no budget',
		'there is no error class "othr". Did you mean "other"?',
		'a share needs the number of requests',
		'2.5 is no budget',
	],
	'first-and-bake': [
		'the first 40m are longer than the stage, which lasts 30m',
		'there is no guardrail "latancy". Did you mean "latency"?',
		'"off" leaves nothing to judge',
		'the stage at 100 % lasts 1h already, and "bake" says 48h',
	],
	'for-longer-than-stage': ['must last 20m to count, but the stage "first" lasts only 15m'],
	'gate-unknown': [
		'there is no guardrail "error_rate". Did you mean "error-rate"?',
		'there is no guardrail "p95". Guardrails: error-rate',
	],
	'gateway-api': [
		'"Shop_Route" is no name in Kubernetes',
		'-1 is too small',
		'"context" has no effect beside "inCluster: true"',
		'the Service "shop-v1" stands on both sides',
	],
	'guardrail-bare-for': ['"for" has no effect without "healthy"'],
	'guardrail-comparison': ['query: 100 * sum(rate(errors_total[1m])) / sum(rate(requests_total[1m])) and healthy: "<= 1"'],
	'guardrail-query-and-log': ['"query" and "log" both stand here'],
	'guardrail-severe-milder': ["must lie beyond the guardrail's own (< 1)", 'must need less time'],
	'guardrail-title-without-id': ['no id can be made from this title', 'Give the guardrail an id'],
	'guardrail-warn-looser': ['stricter than the healthy one (< 250)'],
	'guardrail-without-name': ['a guardrail needs a title or an id'],
	'guardrails-none': ['nothing is guarded'],
	'haproxy-both-sides': ['candidate[1]', 'the server "v1" stands on both sides'],
	'haproxy-socket': ['"admin.sock" is neither a path nor host:port'],
	'hostile-text': ['\\u001b[31mquery', 'is no key of a guardrail'],
	indentation: [':16:1', 'begin it with "- ", or indent it like the other keys'],
	'key-misspelled': [':17:5  guardrails[1].querry', 'Did you mean "query"?', 'Allowed: title, id, query'],
	'key-of-another-tool': ['Did you mean "healthy"?', 'Did you mean "keepFiringFor"?', 'Did you mean "stages"?'],
	'list-forgotten': ['found a map of keys, expected a list: put "- " in front of each item'],
	'log-guardrail-without-logs': ['the profile follows none. List them under "logs"'],
	'log-name-unknown': ['there is no log "ap". Did you mean "app"?'],
	logs: [
		'"jsonl" is not one of json, logfmt or plain',
		'the name "app" is taken',
		'the format is json',
		'only one of path or paths',
	],
	'metrics-kind-unknown': ['"datadog" is no metrics source we know. Allowed: prometheus'],
	'missing-everything': ['"metrics" is missing', '"stages" is missing', '"router" is missing', 'candidate: {name:'],
	'missing-file': ['no/such/token)', 'it is a folder', '"certFile" needs "keyFile"'],
	'min-requests-half': ['guardrails[1].minRequests.query', '"query" is missing. The rate of requests'],
	'nginx-weights': [
		'there is no such folder',
		'"weight=95" is ours to set',
		'"down" is ours to set',
		'"http://127.0.0.1:8080/revision"',
	],
	'not-a-map': ['found a list, expected a map of keys'],
	notify: [
		'it is a secret. Put a reference in its place',
		'is taken by notify[0] already',
		'Did you mean "rollback"?',
		'a secret is never written out here',
		'only one of webhook, pagerduty',
		'this is no JSON',
		"the template can't be read",
		'is no mail address',
		'a password needs a "username"',
		'SHOP_MAIL_PASSWORD is not set',
		'there is no such file',
		'looks like a secret written out',
		'and none does',
	],
	'override-off-and-more': ['"off" leaves nothing to judge'],
	'override-unknown': ['there is no guardrail "latancy". Did you mean "latency"?'],
	'promql-duration': [':17:75', 'A range is a number and a unit without a blank: [30s]'],
	'promql-in-block': ['expected type range vector in call to function "rate"', 'line 2, column'],
	'promql-syntax': [':11:', 'unclosed left parenthesis'],
	'quote-open': [':16:12', 'a quote is opened and never closed'],
	preflight: [
		'preflight[0]  one of command, http, promql, metricsPage, postgres, capacity, split or cooldown must stand here',
		'"http" and "split" both stand here',
		'the URL holds a user or a password',
		'Authorization: {env: NAME}',
		'"health" is no URL of a web page',
		'RE2 has no look-ahead',
		'the URL holds a password: write a reference',
		'the environment variable NO_SUCH_URL is not set',
		'Did you mean "SELECT"?',
		'"count" belongs to a "query"',
		'the query is no PromQL',
		'there is no such folder',
		'visible to every user of the machine',
		'Did you mean "cooldown"?',
	],
	'redact-pattern': ['redact[0]', 'missing closing ]', 'RE2 has no look-ahead'],
	'requests-id-taken': ['becomes a row with the id "requests"'],
	'router-two': ['"haproxy" and "nginx" both stand here'],
	'router-unknown': ['"traefik" is no router we know. Allowed: haproxy, nginx, command'],
	'rules-cannot-split': [
		'rules/alerts.yml:7:15  groups[0].rules[1].expr',
		'it joins two conditions by "and"',
		'"noData: fail"',
		'it compares two queries',
		'rules/alerts.yml:14:35',
		'Did you mean "HighLatency"?',
		'there is no such file',
	],
	'rules-not-a-rule-file': ['this is no rule file: it has no list "groups"'],
	'secret-in-argv': ['visible to every user of the machine', 'TOOL_PASSWORD: {env: NAME}'],
	'secret-in-auth': ['Write "passwordFile: /path" or "passwordEnv: NAME"'],
	'secret-in-header': ['Authorization: {env: NAME}'],
	'secret-in-url': ['the URL holds a user or a password'],
	'secret-variable-unset': ['variable SHOP_TOKEN is not set', 'write the bare name'],
	'side-missing': ['"candidate" is missing'],
	'side-twice': ['"candidate" and "canary" both stand here'],
	'sign-offs': ['expected a list: put "- " in front of each item', 'the role "sre" stands twice'],
	tab: [':16:1', "a tab can't indent YAML"],
	'timeout-longer-than-poll': ['at most 1s, the value of "poll"', 'the URL ends in /api/v1'],
	trends: [
		'less than 8 times the range of its query (1m)',
		'"= 0 per hour" is no trend. Write how fast the value may change',
		'"< 1 %" is no trend',
		'there is no guardrail "latancy". Did you mean "latency"?',
		'a trend over 2h needs a stage that lasts as long; this one lasts 30m',
	],
	'two-documents': [':27:1', 'here begins a second one'],
	'type-quotes': ['Put it in quotes: "1.10"', 'Did you mean true, without quotes?', 'Write the bare number: 50'],
	'value-missing': ['guardrails[1].healthy', 'found an empty value'],
	'weight-too-large': ['150 is too large: it must be at most 100'],
	'weight-zero': ['0 is too small: it must be more than 0'],
	'weights-descend': ['a weight of 50 after one of 60'],
	'weights-too-close': ["can't be told apart"],
	'word-misspelled': ['Did you mean "ms"?', 'Did you mean "critical"?', 'Did you mean "rollback"?'],
};

const folder = join(import.meta.dirname, 'broken');
const secret = /hunter2|aHVudGVy|8d1c0ffee/;

test('every broken profile is in the table', () => {
	const files = readdirSync(folder).filter(file => file.endsWith('.yaml'));
	expect(files.map(file => file.replace('.yaml', '')).sort()).toEqual(Object.keys(broken).sort());
});

for (const [name, sentences] of Object.entries(broken)) {
	test(`${name}: the message says what to do`, async () => {
		const loaded = await loadProfile(join(folder, `${name}.yaml`), {});
		const text = loaded.ok ? '' : formatFaults(loaded.error).replaceAll(`${folder}/`, '').replaceAll(folder, '<here>');
		for (const sentence of sentences) expect(text).toContain(sentence);
		expect(text).not.toMatch(secret);
		expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
		await expect(`${text}\n`).toMatchFileSnapshot(join(folder, `${name}.txt`));
	});
}
