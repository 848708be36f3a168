import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {openPreferences} from '../../src/console/preferences.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

test('what was chosen is there the next time, and each choice keeps the others', async () => {
	const home = createTempFolder('preferences');
	try {
		const env = {CANARY_HOME: home.path};
		expect(openPreferences(env).get()).toEqual({});
		await openPreferences(env).set({theme: 'mono'});
		await openPreferences(env).set({bell: false, notify: 'osc777', operator: 'ana'});
		expect(openPreferences(env).get()).toEqual({theme: 'mono', bell: false, notify: 'osc777', operator: 'ana'});
		expect(JSON.parse(readFileSync(join(home.path, 'preferences.json'), 'utf8'))).toMatchObject({theme: 'mono'});
	} finally {
		home.remove();
	}
});

test('without a home of its own it is in the folder for configuration', async () => {
	const home = createTempFolder('preferences');
	try {
		const env = {XDG_CONFIG_HOME: home.path};
		await openPreferences(env).set({theme: 'mono'});
		const path = process.platform === 'darwin' ? undefined : join(home.path, 'canary-console', 'preferences.json');
		if (path) expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({theme: 'mono'});
		expect(openPreferences(env).get()).toMatchObject({theme: 'mono'});
	} finally {
		home.remove();
	}
});

test.each(['', 'not json', '[]', 'null', '{"theme": 7, "bell": "yes", "notify": 3, "operator": null}'])(
	'%j in the file is as none',
	async text => {
		const home = createTempFolder('preferences');
		try {
			writeFileSync(join(home.path, 'preferences.json'), text);
			expect(openPreferences({CANARY_HOME: home.path}).get()).toEqual({});
			await openPreferences({CANARY_HOME: home.path}).set({bell: true});
		} finally {
			home.remove();
		}
	},
);

test('where nothing can be written nothing is thrown', async () => {
	const home = createTempFolder('preferences');
	try {
		// A folder where the file should be: that stops root, too.
		mkdirSync(join(home.path, 'preferences.json'));
		const store = openPreferences({CANARY_HOME: home.path});
		await expect(store.set({theme: 'mono'})).resolves.toBeUndefined();
		expect(store.get()).toEqual({});
	} finally {
		home.remove();
	}
});

test.runIf(process.platform === 'linux')('where no folder can be made a choice is not kept, and nothing hangs', async () => {
	const preferences = openPreferences({CANARY_HOME: '/proc/nope'});
	await preferences.set({theme: 'mono'});
	expect(preferences.get()).toEqual({});
});
