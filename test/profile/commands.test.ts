import {expect, test} from 'vitest';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {missingForCommands} from '../../src/profile/programs.ts';
import {compiled, faultsOf, load, profileText} from './given.ts';

const more = `commands:
  - {key: D, title: errors by type, argv: [hal9-migrate, errors, --since, "{{startedAt}}"], timeout: 1m, output: pager}
  - {title: top up, argv: [./top-up.sh], cwd: tools, env: {KEY: {file: key}}, dangerous: true, maxBytes: 2048}`;

test('commands are compiled with their defaults, and the profile as run means the same', async () => {
	const loaded = await load(profileText({more}));
	const {commands, plan, ...rest} = compilePlan(loaded);
	expect(commands).toEqual([
		{
			key: 'D',
			title: 'errors by type',
			argv: ['hal9-migrate', 'errors', '--since', '{{startedAt}}'],
			cwd: loaded.folder,
			env: {},
			timeoutMs: 60_000,
			dangerous: false,
			output: 'pager',
			maxBytes: 1024 * 1024,
		},
		{
			title: 'top up',
			argv: ['./top-up.sh'],
			cwd: `${loaded.folder}/tools`,
			env: {KEY: {file: `${loaded.folder}/key`}},
			timeoutMs: 30_000,
			dangerous: true,
			output: 'pane',
			maxBytes: 2_048,
		},
	]);
	// What a console and a record know: nothing of the environment.
	expect(plan.commands?.[1]).toEqual({
		title: 'top up',
		argv: ['./top-up.sh'],
		timeoutMs: 30_000,
		dangerous: true,
		output: 'pane',
	});
	expect(compilePlan(await load(profileAsRun(loaded)))).toEqual({commands, plan, ...rest});
	expect(compilePlan(await load(profileText())).plan).not.toHaveProperty('commands');
});

const one = (text: string): string => profileText({more: `commands:\n  - {title: x, argv: [tool], ${text}}`});

test.each([
	['key: E', /commands\[0\]\.key: .*own key "E" is "previous breach"\. Free are, for example, D, L/],
	['key: r', /"r" is "roll back"/],
	['key: ctrl-x', /is no key: write one printable character/],
	['key: " "', /is no key/],
	['key: "\\e"', /is no key|control/],
	['key: 日', /is no key/],
	['key: ""', /is no key/],
	['argv: []', /argv/],
	['argv: [tool, "{{gardrail}}"]', /argv\[1\]: \{\{gardrail\}\} stands for nothing\. Did you mean "guardrail"\?/],
	['argv: ["{{candidate}}"]', /the program itself is named in the profile/],
	['argv: [tool, "password=hunter22"]', /looks like a secret written out/],
	['env: {API_TOKEN: abcdefgh}', /looks like a secret written out/],
	['timeout: 2h', /too long/],
	['maxBytes: 99999999999', /maxBytes/],
	['output: window', /pane or pager/],
	['shell: true', /is no key of a command/],
])('a command with %s is told', async (text, message) => {
	const faults = await faultsOf(one(text).replace(/argv: \[tool\], (?=argv)/, ''));
	expect(faults.join('\n')).toMatch(message);
	expect(faults.join('\n')).not.toContain('hunter22');
});

test('doubled keys and titles are told, with who has them', async () => {
	const twice = 'commands:\n  - {key: D, title: One, argv: [a]}\n  - {key: D, title: one, argv: [b]}';
	expect(await faultsOf(profileText({more: twice}))).toEqual([
		expect.stringMatching(/^commands\[1\]\.key: the key "D" is taken by commands\[0\] already\. Free are/),
		'commands[1].title: the title "one" is taken by commands[0] already.',
	]);
});

test('a program that is not there is a remark', async () => {
	const text = `commands:\n  - {title: here, argv: [sh, -c, "true"]}\n  - {title: gone, argv: [nonesuch-tool]}\n  - {title: beside, argv: [./gone.sh]}\n  - {title: keyed, argv: [sh], env: {A: {env: NOT_SET_HERE}}}`;
	const {commands} = await compiled({more: text});
	expect(await missingForCommands(commands, {PATH: process.env['PATH']})).toEqual([
		"the command “gone” can't be run: the program nonesuch-tool is not in PATH. Install it, or name it by its full path.",
		expect.stringMatching(/“beside” can't be run: there is no program \/.*\/gone\.sh/),
		expect.stringContaining('“keyed” needs the variable NOT_SET_HERE, which is not set here.'),
	]);
});
