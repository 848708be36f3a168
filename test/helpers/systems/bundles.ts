import type {Told} from './receivers.ts';

type Expected = {
	readonly promoted: readonly string[];
	/** Checkpoints that a promoted one must have, by the names of the shorter run. */
	readonly checkpoints: readonly string[];
	readonly rolledBack: readonly string[];
};

/** What each runbook lists, by system and outcome: exactly this is required, and there. */
export const bundles: Readonly<Record<string, Expected>> = {
	'relay-r1': {
		promoted: [
			'LB_DIFF.txt',
			'LOAD_BURST.log',
			'LOAD_SUMMARY.json',
			'METRICS_CHECKS.log',
			'PROMOTION_RECORD.md',
			'alert-rules.yaml',
			'dashboard-ann-search.json',
			'dashboard-database-health.json',
			'dashboard-reranker.json',
			'dashboard-rls-enforcement.json',
			'dashboard-streaming-health.json',
			'dashboard-ttfv-protection.json',
		],
		// T+15m, T+30m and T+60m of an hour that lasts 18 s.
		checkpoints: ['T+5s', 'T+9s', 'T+18s'],
		rolledBack: [
			'LB_DIFF.txt',
			'ROLLBACK_RECORD.md',
			'alert-rules.yaml',
			'dashboard-ann-search.json',
			'dashboard-database-health.json',
			'dashboard-reranker.json',
			'dashboard-rls-enforcement.json',
			'dashboard-streaming-health.json',
			'dashboard-ttfv-protection.json',
			'evidence/ERROR_CODES.txt',
			'evidence/memory.prom',
			'evidence/sse.prom',
		],
	},
	hal9: {
		promoted: [
			'AB_REPORT.md',
			'FINAL_REPORT.md',
			'LB_DIFF.txt',
			'METRICS_CHECKS.log',
			'PREFLIGHT.md',
			'REVIEW.md',
			'STAGE_REPORT-1.md',
			'STAGE_REPORT-2.md',
			'STAGE_REPORT-3.md',
			'STAGE_REPORT-4.md',
			'alert-rules.yaml',
			'evidence/hal9-state.json',
			'evidence/status.txt',
		],
		checkpoints: [],
		rolledBack: [
			'INCIDENT_REPORT.md',
			'LB_DIFF.txt',
			'METRICS_CHECKS.log',
			'PREFLIGHT.md',
			'REVIEW.md',
			'ROLLBACK_RECORD.md',
			'STAGE_REPORT-1.md',
			'alert-rules.yaml',
			'evidence/errors.txt',
			'evidence/hal9-state.json',
			'evidence/latency.txt',
			'evidence/status.txt',
		],
	},
	'hyper-bun': {
		promoted: [
			'LB_DIFF.txt',
			'METRICS_CHECKS.log',
			'PREFLIGHT.md',
			'PROMOTION_RECORD.md',
			'STAGE_REPORT-1.md',
			'alert-rules.yaml',
		],
		checkpoints: [],
		rolledBack: [
			'LB_DIFF.txt',
			'METRICS_CHECKS.log',
			'PREFLIGHT.md',
			'ROLLBACK_RECORD.md',
			'alert-rules.yaml',
			'evidence/ERROR_CODES.txt',
			'evidence/canary.log',
			'evidence/canary.prom',
		],
	},
	'r2-knowledge': {
		promoted: [
			'EXECUTION_SUMMARY.md',
			'LB_DIFF.txt',
			'LOAD_BURST-stage2.log',
			'LOAD_BURST.log',
			'LOAD_SUMMARY-stage2.json',
			'LOAD_SUMMARY.json',
			'METRICS_CHECKS.log',
			'PROMOTION_RECORD.md',
		],
		// T+15m, T+45m and T+12h.
		checkpoints: ['T+3s', 'T+6s', 'T+29s'],
		rolledBack: ['INCIDENT_REPORT.md', 'LB_DIFF.txt', 'METRICS_CHECKS.log', 'ROLLBACK_RECORD.md'],
	},
};

/** Who must have been told of what, whatever else they were told: those that the runbook asks to be paged, mailed, put on a page. */
export const mustBeTold: Readonly<Record<string, Readonly<Record<'promoted' | 'rolled-back' | 'security', readonly Told[]>>>> = {
	'relay-r1': {
		promoted: [],
		'rolled-back': [{kind: 'pagerduty', to: 'on-call-key', what: 'trigger rollback'}],
		security: [
			{kind: 'pagerduty', to: 'security-key', what: 'trigger security-rollback'},
			{kind: 'pagerduty', to: 'on-call-key', what: 'trigger security-rollback'},
		],
	},
	hal9: {
		promoted: [
			{kind: 'statuspage', to: 'OAuth page-token page-1', what: 'POST investigating'},
			{kind: 'statuspage', to: 'OAuth page-token page-1', what: 'PATCH resolved'},
		],
		'rolled-back': [
			{kind: 'statuspage', to: 'OAuth page-token page-1', what: 'PATCH identified'},
			{kind: 'statuspage', to: 'OAuth page-token page-1', what: 'PATCH resolved'},
			{kind: 'pagerduty', to: 'on-call-key', what: 'trigger rollback'},
		],
		security: [],
	},
	'hyper-bun': {promoted: [], 'rolled-back': [{kind: 'pagerduty', to: 'on-call-key', what: 'trigger rollback'}], security: []},
	'r2-knowledge': {
		promoted: [],
		'rolled-back': [{kind: 'pagerduty', to: 'on-call-key', what: 'trigger rollback'}],
		security: [{kind: 'pagerduty', to: 'security-key', what: 'trigger security-rollback'}],
	},
};

/** By which way each system tells its team of the beginning and the end. */
export const teamIsToldBy: Readonly<Record<string, Told['kind']>> = {
	'relay-r1': 'webhook',
	hal9: 'mail',
	'hyper-bun': 'webhook',
	'r2-knowledge': 'webhook',
};
