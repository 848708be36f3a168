import {expect, test} from 'vitest';
import {commandLine, isRuntimeName, parseRuntimeAnswer, readCommands, splitCsv} from '../../src/routers/haproxy-text.ts';

// Taken from HAProxy 2.6.12, columns in the middle of "show stat" left out.
const stateHead =
	'# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status';
const answer = [
	'',
	'1',
	stateHead,
	'3 be_app 1 base 127.0.0.1 0 0 95 100 1 8',
	'3 be_app 2 canary 127.0.0.1 2 8 5 0 0 1',
	'',
	'# pxname,svname,wredis,status,weight,act,bck,check_status,last_chk,check_desc,cookie,algo,',
	'be_app,base,7,DOWN,95,1,0,L4CON,"Connection refused, at initial step",Layer4 connection problem,,,',
	'be_app,canary,0,DRAIN,5,0,1,,,,c1,,',
	'be_app,BACKEND,7,UP,5,1,0,,,,,roundrobin,',
	'',
].join('\n');

test('both tables of an answer become servers', () => {
	const {servers, algorithms, messages, tables} = parseRuntimeAnswer(answer);
	expect(messages).toEqual([]);
	expect(tables).toBe(2);
	expect(algorithms.get('be_app')).toBe('roundrobin');
	expect(servers).toEqual([
		{
			...{backend: 'be_app', name: 'base', weight: 95, initialWeight: 100},
			...{inMaintenance: false, isDraining: false, isDown: true, isWarmingUp: false},
			...{isBackup: false, hasCheck: true, cookie: '', lastCheck: 'Connection refused, at initial step', redispatches: 7},
		},
		{
			...{backend: 'be_app', name: 'canary', weight: 5, initialWeight: 0},
			...{inMaintenance: false, isDraining: true, isDown: false, isWarmingUp: false},
			...{isBackup: true, hasCheck: false, cookie: 'c1', lastCheck: '', redispatches: 0},
		},
	]);
});

test("HAProxy's words outside the tables are its errors, wherever they stand", () => {
	const refused = parseRuntimeAnswer(`No such server.\n\nAbsolute weight can only be between 0 and 256 inclusive.\n\n${answer}`);
	expect(refused.messages).toEqual(['No such server.', 'Absolute weight can only be between 0 and 256 inclusive.']);
	expect(refused.servers).toHaveLength(2);
});

test('a table without its end does not count as one', () => {
	expect(parseRuntimeAnswer(answer.slice(0, -20)).tables).toBe(1);
});

test.each([
	['1', 'FMAINT: by a person'],
	['2', 'IMAINT: inherited'],
	['5', 'FMAINT and CMAINT: by the configuration'],
	['32', 'RMAINT: its name has no address'],
])('the administrative state %s is maintenance (%s)', bits => {
	const row = `1\n${stateHead}\n3 be_app 1 base 127.0.0.1 2 ${bits} 95 100 1 8\n\n`;
	expect(parseRuntimeAnswer(row).servers[0]).toMatchObject({inMaintenance: true, isDraining: false});
});

test('a server whose address was set by the runtime API is in service', () => {
	const row = `1\n${stateHead}\n3 be_app 1 base 127.0.0.1 2 64 95 100 1 8\n\n`;
	expect(parseRuntimeAnswer(row).servers[0]).toMatchObject({inMaintenance: false, isDraining: false, isDown: false});
});

test('a server that answers 404 to its check is leaving: no new traffic', () => {
	const row = `1\n${stateHead}\n3 be_app 1 base 127.0.0.1 3 0 95 100 1 8\n\n`;
	expect(parseRuntimeAnswer(row).servers[0]).toMatchObject({isDown: true});
});

test('quoted cells keep their commas and quotes', () => {
	expect(splitCsv('a,,"b, ""c""",d,')).toEqual(['a', '', 'b, "c"', 'd', '']);
});

test('a name cannot bring a second command along', () => {
	expect(isRuntimeName('be_app-1.prod:80')).toBe(true);
	for (const name of ['a; disable server b', 'a b', 'a/b', 'a\nb', '', 'ä']) expect(isRuntimeName(name)).toBe(false);
	expect(commandLine(readCommands(['a', 'b']))).toBe(
		'show servers state a; show stat a 6 -1; show servers state b; show stat b 6 -1',
	);
});
