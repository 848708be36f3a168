import {expect, test} from 'vitest';
import {fail, ok} from '../../src/base/result.ts';
import {seriesKeptMax} from '../../src/core/reading.ts';
import {openPrometheus} from '../../src/sources/prometheus.ts';
import {openSource} from '../../src/sources/registry.ts';
import {
	answering,
	askFor,
	formOf,
	guardrail,
	httpStub,
	noSecrets,
	open,
	options,
	readingOf,
	stubAnswering,
	systemClock,
	tcpStub,
	vector,
} from './prometheus-kit.ts';

test('a vector comes with its labels, a scalar without any', async () => {
	await using server = await answering(form => {
		if (form.get('query') === 'a_vector') return {body: vector([{pod: 'x'}, '0.25'])};
		if (form.get('query') !== 'a_scalar') return undefined;
		return {body: {status: 'success', data: {resultType: 'scalar', result: [1_795_224_000.5, '42']}}};
	});
	const guardrails = [guardrail('v', 'a_vector'), guardrail('s', 'a_scalar'), guardrail('e', 'nothing')];
	await using source = await open(server.url, {}, {guardrails});
	const {readings} = await askFor(source);
	expect(readings['v']).toMatchObject({kind: 'values', series: [{labels: {pod: 'x'}, value: 0.25}], seriesCount: 1});
	expect(readings['s']).toMatchObject({kind: 'values', series: [{labels: {}, value: 42}]});
	expect(readings['e']).toMatchObject({kind: 'empty'});
});

test('NaN and the infinities are values, not errors and not zero', async () => {
	await using server = await stubAnswering({
		body: vector([{n: '1'}, 'NaN'], [{n: '2'}, '+Inf'], [{n: '3'}, '-Inf'], [{n: '4'}, '1e+06']),
	});
	await using source = await open(server.url);
	const reading = await readingOf(source);
	expect(reading.kind === 'values' && reading.series.map(({value}) => value)).toEqual(['NaN', '+Inf', '-Inf', 1_000_000]);
});

test('of many series the worst are kept, NaN before the healthy ones, and all are counted', async () => {
	const healthy = Array.from({length: 50}, (_, n) => [{n: `${n}`}, `${n}`] as const);
	await using server = await stubAnswering({
		body: vector(...healthy, [{n: 'bad'}, '120'], [{n: 'nan'}, 'NaN'], [{n: 'worse'}, '500']),
	});
	const guardrails = [guardrail('g', 'the_question', {bound: {op: '<', value: 100}})];
	await using source = await open(server.url, {}, {guardrails});
	const reading = await readingOf(source);
	if (reading.kind !== 'values') throw new Error(reading.kind);
	expect(reading.seriesCount).toBe(53);
	expect(reading.series).toHaveLength(seriesKeptMax);
	expect(reading.series.slice(0, 4).map(({labels}) => labels['n'])).toEqual(['worse', 'bad', 'nan', '49']);
});

test('without a bound both ends of many series are kept', async () => {
	await using server = await stubAnswering({
		body: vector(...Array.from({length: 100}, (_, n) => [{n: `${n}`}, `${n}`] as const)),
	});
	await using source = await open(server.url);
	const reading = await readingOf(source);
	const values = reading.kind === 'values' ? reading.series.map(({value}) => value) : [];
	expect(values).toContain(99);
	expect(values).toContain(0);
	expect(values).toHaveLength(seriesKeptMax);
});

test('warnings, infos and a partial answer are said beside the value', async () => {
	const body = {...vector([{}, '1']), warnings: ['one store is away'], infos: ['metric might not be a counter'], isPartial: true};
	await using server = await stubAnswering({body});
	await using source = await open(server.url);
	expect(await readingOf(source)).toMatchObject({
		kind: 'values',
		warnings: [expect.stringMatching(/partial/), 'one store is away', 'metric might not be a counter'],
	});
});

test('text from the server is made harmless before anybody keeps it', async () => {
	await using server = await stubAnswering({
		body: {...vector([{pod: 'a\u001b[2Jb\u202ec'}, '1']), warnings: ['\u001b]0;title\u0007x']},
	});
	await using source = await open(server.url);
	const text = JSON.stringify(await readingOf(source));
	expect(text).toContain('pod');
	for (const evil of ['u001b', '\u202e', 'u0007']) expect(text).not.toContain(evil);
});

test('the same query is asked once a tick, whoever needs it', async () => {
	const asked: string[] = [];
	await using server = await answering(form => {
		asked.push(form.get('query') ?? '');
		return form.get('query') === 'rps' ? {body: vector([{code: '200'}, '3'], [{code: '500'}, '1'])} : {body: vector([{}, '0.5'])};
	});
	const minRequests = {query: 'rps', min: 1};
	const guardrails = [guardrail('a', 'x', {minRequests}), guardrail('b', 'x', {minRequests}), guardrail('c', 'rps')];
	await using source = await open(server.url, {}, {guardrails, observedShareQuery: 'x'});
	const {readings, observedPercent} = await askFor(source);
	expect(readings['a']).toMatchObject({kind: 'values', requests: 4});
	expect(readings['b']).toMatchObject({requests: 4});
	expect(observedPercent).toBe(0.5);
	expect(asked.filter(query => query === 'x')).toHaveLength(1);
	expect(asked.filter(query => query === 'rps')).toHaveLength(1);
});

test('a floor of requests without an answer is no data, and its error is said', async () => {
	await using server = await answering(form => {
		if (form.get('query') === 'broken') return {status: 400, body: {status: 'error', errorType: 'bad_data', error: 'oops'}};
		return form.get('query') === 'x' ? {body: vector([{}, '1'])} : undefined;
	});
	const guardrails = [
		guardrail('none', 'x', {minRequests: {query: 'nothing', min: 1}}),
		guardrail('broken', 'x', {minRequests: {query: 'broken', min: 1}}),
	];
	await using source = await open(server.url, {}, {guardrails, observedShareQuery: 'nothing'});
	const {readings, observedPercent} = await askFor(source);
	expect(readings['none']).toMatchObject({requests: null});
	expect(readings['broken']).toMatchObject({
		requests: null,
		warnings: [expect.stringMatching(/request rate is not known: oops/)],
	});
	expect(observedPercent).toBeNull();
});

test('a guardrail on the log is not asked', async () => {
	await using server = await stubAnswering({body: vector()});
	await using source = await open(server.url, {}, {guardrails: [guardrail('l', 'level=error', {origin: 'log'})]});
	expect((await askFor(source)).readings).toEqual({});
});

test('POST gives way to GET where a proxy lets only reading through, once and for all', async () => {
	const methods: string[] = [];
	await using server = await httpStub(async (request, response) => {
		const form = await formOf(request);
		if (form.get('query') === 'the_question') methods.push(request.method ?? '');
		if (request.method === 'POST') response.writeHead(405).end('Method Not Allowed');
		else response.end(JSON.stringify(vector([{}, '1'])));
	});
	await using source = await open(server.url);
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(methods).toEqual(['POST', 'GET', 'GET']);
});

test('GET is used from the start when the profile says so, under the path prefix of the url', async () => {
	const seen: string[] = [];
	await using server = await httpStub((request, response) => {
		seen.push(`${request.method} ${request.url}`);
		response.end(JSON.stringify(vector([{}, '1'])));
	});
	await using source = await open(`${server.url}/prometheus/`, {method: 'GET'});
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(seen[0]).toMatch(/^GET \/prometheus\/api\/v1\/query\?query=the_question&timeout=\d+ms$/);
});

test('the time is left to the server, and it is told how long anybody waits', async () => {
	let form = new URLSearchParams();
	await using server = await answering(asked => {
		if (asked.get('query') === 'the_question') form = asked;
		return undefined;
	});
	await using source = await open(server.url);
	await readingOf(source, 700);
	expect(form.has('time')).toBe(false);
	expect(Number.parseInt(form.get('timeout') ?? '', 10)).toBeGreaterThan(300);
	expect(Number.parseInt(form.get('timeout') ?? '', 10)).toBeLessThanOrEqual(700);
});

test('basic auth, a bearer token and further headers are sent; a rotated secret is taken up', async () => {
	const seen: (string | undefined)[] = [];
	await using server = await answering((form, {headers}) => {
		if (form.get('query') === 'the_question') seen.push(headers.authorization, String(headers['x-scope-orgid']));
		return undefined;
	});
	let secret = 'first-secret';
	const resolve = async () => ok(secret);
	const questions = {guardrails: [guardrail('g', 'the_question')]};
	const headers = {'X-Scope-OrgID': 'team-a'};
	const basic = {kind: 'basic', username: 'ana', password: {env: 'P'}} as const;
	await using one = await open(server.url, {auth: basic, headers}, questions, resolve);
	await readingOf(one);
	await using two = await open(
		server.url,
		{auth: {kind: 'bearer', token: {file: '/t'}}, headers: {'X-Scope-OrgID': {env: 'O'}}},
		questions,
		resolve,
	);
	await readingOf(two);
	secret = 'second-secret';
	await readingOf(two);
	expect(seen).toEqual([
		`Basic ${btoa('ana:first-secret')}`,
		'team-a',
		'Bearer first-secret',
		'first-secret',
		'Bearer second-secret',
		'second-secret',
	]);
});

test('a secret never comes back in a message, even if the server repeats it', async () => {
	await using server = await stubAnswering({status: 401, body: 'bad credential hunter2hunter2!'});
	const auth = {kind: 'bearer', token: {env: 'T'}} as const;
	await using source = await open(server.url, {auth}, undefined, async () => ok('hunter2hunter2'));
	const reading = await readingOf(source);
	expect(reading).toMatchObject({kind: 'error', error: 'unauthorized'});
	expect(JSON.stringify(reading)).not.toContain('hunter2');
});

test('a secret that goes missing later is an error of each reading, and comes back', async () => {
	await using server = await stubAnswering({body: vector([{}, '1'])});
	let there = true;
	const resolve = async () => (there ? ok('token-token') : fail('the file /t is gone'));
	await using source = await open(server.url, {auth: {kind: 'bearer', token: {file: '/t'}}}, undefined, resolve);
	there = false;
	expect(await readingOf(source)).toMatchObject({kind: 'error', error: 'unauthorized', message: 'the file /t is gone'});
	there = true;
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
});

test('connections are kept from tick to tick', async () => {
	await using server = await stubAnswering({body: vector([{}, '1'])});
	await using source = await open(server.url);
	for (let tick = 0; tick < 20; tick++) await readingOf(source);
	// As many as there are questions at one time, not as many as there were questions.
	expect(server.opened()).toBeLessThanOrEqual(5);
});

test('a kept connection that the server has just closed costs no reading', async () => {
	let requests = 0;
	await using server = await tcpStub(socket => {
		const answer = JSON.stringify(vector([{}, '1']));
		requests++;
		// Says keep-alive, and hangs up without an answer on the next question.
		socket.write(`HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`);
		socket.once('data', () => socket.destroy());
	});
	await using source = await open(server.url);
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(requests).toBeGreaterThan(1);
});

test('a clock that is off is measured, and told only when it certainly is', async () => {
	await using server = await answering(() => ({body: vector([{}, '1'])}));
	const ahead = {nowMs: () => Date.now() - 4_000};
	await using skewed = await open(server.url, {}, undefined, noSecrets, ahead);
	await askFor(skewed);
	const {skewMs} = await askFor(skewed);
	expect(skewMs).toBeGreaterThan(3_900);
	expect(skewMs).toBeLessThan(4_100);
	await using level = await open(server.url);
	expect(await askFor(level)).not.toHaveProperty('skewMs');
});

test.each([
	['no url', 'metrics', /is no URL/],
	['another protocol', 'ftp://host/', /protocol ftp/],
	['a password in the url', 'http://ana:secret@host', /user or a password/],
])('%s keeps the source from opening, with a remedy', async (_, url, says) => {
	const opened = await openPrometheus(options(url), {guardrails: []}, noSecrets, systemClock);
	expect(opened).toMatchObject({ok: false, error: {message: expect.stringMatching(says), remedy: expect.stringMatching(/\w/)}});
	expect(JSON.stringify(opened)).not.toContain('secret@');
});

test('a secret that is missing at the start keeps the source from opening', async () => {
	const auth = {kind: 'bearer', token: {env: 'TOKEN'}} as const;
	const resolve = async () => fail('the environment variable TOKEN is not set');
	const opened = await openPrometheus(options('http://127.0.0.1:1', {auth}), {guardrails: []}, resolve, systemClock);
	expect(opened).toMatchObject({
		ok: false,
		error: {message: 'No access to the metrics: the environment variable TOKEN is not set.'},
	});
});

test('a line break in a secret can not add a header', async () => {
	const auth = {kind: 'basic', username: 'a', password: {env: 'P'}} as const;
	const headers = {'X-Token': {env: 'T'}};
	const resolve = async () => ok('x\r\nx-admin: yes');
	const opened = await openPrometheus(options('http://127.0.0.1:1', {auth, headers}), {guardrails: []}, resolve, systemClock);
	expect(opened).toMatchObject({ok: false, error: {message: expect.stringMatching(/header X-Token holds a character/)}});
});

test('an unknown kind of source is refused with the known ones', async () => {
	const ports = {resolve: noSecrets, clock: systemClock};
	const opened = await openSource({...options('http://h'), kind: 'graphite'} as never, {guardrails: []}, ports);
	expect(opened).toMatchObject({
		ok: false,
		error: {message: expect.stringMatching(/"graphite"/), remedy: expect.stringMatching(/prometheus/)},
	});
	expect((await openSource(options('http://127.0.0.1:1'), {guardrails: []}, ports)).ok).toBe(true);
});
