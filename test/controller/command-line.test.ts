import {expect, test} from 'vitest';
import {parseClientLine} from '../../src/controller/command-line.ts';
import type {Command, CommandName} from '../../src/core/protocol.ts';

/** One of each: a new command does not compile until it stands here. */
const commands: {readonly [Name in CommandName]: Extract<Command, {command: Name}>} = {
	promote: {command: 'promote', reason: 'green'},
	hold: {command: 'hold', reason: ''},
	resume: {command: 'resume', reason: ''},
	rollback: {command: 'rollback', reason: 'pager'},
	'rollback-gradually': {command: 'rollback-gradually', reason: 'slow', durationMs: 60_000, steps: 3, targetPercent: 5},
	snapshot: {command: 'snapshot', reason: ''},
	preflight: {command: 'preflight', reason: 'mended'},
	'stop-instance': {command: 'stop-instance', reason: 'done with it'},
	'restart-baseline': {command: 'restart-baseline', reason: 'mended'},
	note: {command: 'note', text: 'hello'},
	dashboard: {command: 'dashboard', uid: 'canary-shop', title: 'Canary shop', url: 'https://grafana.example.org/d/canary-shop/x'},
	acknowledge: {command: 'acknowledge', guardrail: 'errors', text: ''},
	sign: {command: 'sign', role: 'sre', name: 'ana', note: ''},
	arm: {command: 'arm', name: 'ana', reason: ''},
	rebalance: {command: 'rebalance', reason: ''},
	run: {command: 'run', title: 'errors', guardrail: 'p99', error: 'E42', confirmed: true},
	'stop-run': {command: 'stop-run', run: 3},
	end: {command: 'end', reason: ''},
};

test.each(Object.values(commands))('$command gets through to the controller as it was sent', command => {
	expect(parseClientLine(JSON.stringify({type: 'command', id: 7, ...command}))).toEqual({type: 'command', id: 7, ...command});
});
