import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {systemClock} from '../../src/controller/clock.ts';
import {type LeaseOptions, takeLease} from '../../src/controller/lease.ts';
import {ownProcess} from '../../src/journal/process-id.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

let temp: TempFolder;
beforeEach(() => {
	temp = createTempFolder('lease');
});
afterEach(() => temp.remove());

const options = (over: Partial<LeaseOptions> = {}): LeaseOptions => ({
	folder: join(temp.path, 'leases'),
	target: 'haproxy unix:/run/h.sock be_app',
	profile: 'relay',
	session: 's1',
	by: 'ana@here',
	clock: systemClock,
	...over,
});

async function take(over: Partial<LeaseOptions> = {}) {
	const lease = await takeLease(options(over));
	if (!lease.ok) throw new Error(lease.error);
	return lease.value;
}

const file = (): string => {
	const [name = ''] = readdirSync(join(temp.path, 'leases'));
	return join(temp.path, 'leases', name);
};

/** As if the holder were another process: dead, or on another machine. */
function changeHolder(process: object): void {
	const holder = JSON.parse(readFileSync(file(), 'utf8'));
	writeFileSync(file(), JSON.stringify({...holder, token: 'another', process: {...holder.process, ...process}}));
}

test('a target has one holder, and the second is told who', async () => {
	await take();
	const second = await takeLease(options({session: 's2', by: 'bob'}));
	expect(second).toMatchObject({ok: false});
	const told = second.ok ? '' : second.error;
	for (const part of ['session s1', 'ana@here', `process ${process.pid}`, 'since 20', 'canary attach s1'])
		expect(told).toContain(part);
});

test('another target is free', async () => {
	await take();
	expect(await takeLease(options({target: 'nginx'}))).toMatchObject({ok: true});
});

test('released, it is free again', async () => {
	(await take()).release();
	await take({session: 's2'});
});

test('a dead holder is taken over from', async () => {
	await take();
	changeHolder({startTicks: '1'});
	const lease = await take({session: 's2'});
	expect(lease.check(false)).toMatchObject({ok: true});
});

test('a holder on another machine is not, unless told so', async () => {
	await take();
	changeHolder({host: 'far-away'});
	expect(await takeLease(options({session: 's2'}))).toMatchObject({ok: false, error: expect.stringMatching(/far-away.*--force/)});
	await take({session: 's2', force: true});
});

test('rubbish in the file is no holder', async () => {
	await take();
	writeFileSync(file(), '{"half');
	await take({session: 's2'});
});

test('of many that take over at once exactly one holds it', async () => {
	await take();
	changeHolder({startTicks: '1'});
	const all = await Promise.all(Array.from({length: 8}, (_, index) => takeLease(options({session: `s${index}`}))));
	const holders = all.filter(lease => lease.ok && lease.value.check(false).ok);
	expect(holders).toHaveLength(1);
	expect(all.filter(({ok}) => ok)).toHaveLength(1);
});

test('one that is overwritten in the moment of taking over knows it', async () => {
	await take();
	changeHolder({startTicks: '1'});
	const overtaken = {...systemClock, sleep: async () => changeHolder(ownProcess())};
	const lease = await takeLease(options({session: 's2', clock: overtaken}));
	expect(lease).toMatchObject({ok: false, error: expect.stringMatching(/guarded already/)});
});

test('one that lost its lease may write no more, not even down', async () => {
	const lease = await take();
	changeHolder({});
	expect(lease.check(false)).toMatchObject({ok: false, error: expect.stringMatching(/moves it no more/)});
	expect(lease.check(true)).toMatchObject({ok: false});
	lease.release();
	expect(readdirSync(join(temp.path, 'leases'))).toHaveLength(1);
});

test('a lease that is gone forbids going forward, but not leaving', async () => {
	const lease = await take();
	rmSync(file());
	expect(lease.check(false)).toMatchObject({ok: false});
	expect(lease.check(true)).toMatchObject({ok: true});
});

test('a folder that can not be written is an error, not a throw', async () => {
	writeFileSync(join(temp.path, 'leases'), '');
	expect(await takeLease(options())).toMatchObject({ok: false, error: expect.stringMatching(/can't be taken/)});
});
