import {expect, test} from 'vitest';
import {lintHaproxy} from '../../src/routers/haproxy-lint.ts';
import type {Sides} from '../../src/routers/haproxy-split.ts';
import {parseRuntimeAnswer, type ServerRow} from '../../src/routers/haproxy-text.ts';
import {haproxyOptions} from './rigs.ts';

const row = (name: string, more: Partial<ServerRow> = {}): ServerRow => ({
	...{backend: 'app', name, weight: 0, initialWeight: 0, inMaintenance: false, isDraining: false, isDown: false},
	...{isWarmingUp: false, isBackup: false, hasCheck: true, cookie: '', lastCheck: '', redispatches: 0},
	...more,
});

const socket = {path: '/run/haproxy.sock'};

function lint(
	canary: Partial<ServerRow>,
	{algorithm = 'roundrobin', others = [] as ServerRow[], options = haproxyOptions(socket)} = {},
) {
	const sides: Sides = {
		...{name: 'app', baseline: [row('stable', {initialWeight: 100})], candidate: [row('canary', canary)], others, missing: []},
	};
	const stats = `# pxname,svname,algo,\napp,BACKEND,${algorithm},\n\n`;
	return lintHaproxy(options, [sides], parseRuntimeAnswer(stats));
}

test('a configuration made for a canary has nothing to say', () => {
	expect(lint({})).toEqual([]);
	expect(lint({}, {algorithm: 'random'})).toEqual([]);
});

test.each([
	['leastconn', 'goes by open connections and hardly by weights at low load'],
	['static-rr', 'takes no weight but 0 and the configured one while it runs'],
	['first', 'fills the first server before it looks at the next'],
	['source', 'shares out keys, not requests'],
	['uri', 'shares out keys, not requests'],
	['hdr(x-user)', 'shares out keys, not requests'],
])('balance %s is questionable', (algorithm, words) => {
	const sentences = lint({}, {algorithm});
	expect(sentences).toHaveLength(1);
	expect(sentences[0]).toContain(`app: balance ${algorithm} ${words}`);
});

test.each([
	[{cookie: 'c1'}, 'clients that once met the candidate stay with it, even at weight 0'],
	[{hasCheck: false}, 'app: no health check on canary: dead, it would still get its share.'],
	[{isBackup: true}, 'app: canary is a backup server'],
	[{redispatches: 3}, 'requests meant for canary were sent elsewhere (redispatch)'],
	[{initialWeight: 25}, 'a reload of HAProxy brings the configured weights back, and the candidate to 20 %'],
])('a candidate with %j is questionable', (canary, words) => {
	const sentences = lint(canary);
	expect(sentences).toHaveLength(1);
	expect(sentences[0]).toContain(words);
});

test('a reload is no trouble where HAProxy loads a state file', () => {
	expect(lint({initialWeight: 25}, {options: haproxyOptions(socket, {stateFile: '/var/lib/haproxy/state'})})).toEqual([]);
});

test('a server on neither side is questionable', () => {
	expect(lint({}, {others: [row('old')]})).toEqual([
		'app: old is on neither side of the split, but takes traffic by its weight.',
	]);
});

test.each([
	['127.0.0.1', 0],
	['localhost', 0],
	['::1', 0],
	['10.0.0.7', 1],
])('a runtime API at %s has %s questions', (host, count) => {
	const sentences = lint({}, {options: haproxyOptions({host, port: 9999})});
	expect(sentences).toHaveLength(count);
	if (count > 0) expect(sentences[0]).toContain('has no password and no encryption');
});
