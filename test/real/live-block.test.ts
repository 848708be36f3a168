import {pathToFileURL} from 'node:url';
import {expect, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startTerminal} from '../helpers/pty.ts';

/** Prints a line, and draws a block below it: anew for each size, with how many there were. */
const drawing = `
import {openLiveBlock} from ${JSON.stringify(pathToFileURL('src/commands/live-block.ts').href)};
const block = openLiveBlock(process.stdout);
console.log('printed before');
let sizes = 0;
const draw = () => block.draw(['first', 'second', 'third'].map(name => [{text: (name + ' ' + sizes + ' ').padEnd(200, '='), tone: 'text'}]));
draw();
process.stdin.setRawMode(true);
process.stdout.on('resize', () => {
	sizes++;
	draw();
});
process.stdin.on('data', () => {
	block.clear();
	console.log('printed after');
	process.exit(0);
});
`;

/** The rows of the screen. What the terminal itself has pushed off its top, when it broke rows, is out of everybody's reach. */
const rowsOf = (screen: string): readonly string[] =>
	screen
		.trim()
		.split('\n')
		.map(line => line.replace(/=*…$/, '…'))
		.filter(line => line !== 'printed before');

describeWithServers(['tmux'], 'a block that is drawn over again', () => {
	test('leaves no rows behind when the terminal is made narrower or wider', async () => {
		const command = [process.execPath, '--input-type=module', '-e', drawing];
		await using terminal = await startTerminal({command, columns: 90, rows: 24});
		expect(await terminal.waitForText('third 0')).toMatch(/^printed before\n/);
		for (const [index, columns] of [40, 25, 80].entries()) {
			const sizes = index + 1;
			await terminal.resize(columns, 24);
			const screen = await terminal.waitForText(`third ${sizes}`);
			expect(rowsOf(screen)).toEqual([`first ${sizes} …`, `second ${sizes} …`, `third ${sizes} …`]);
		}
		await terminal.keys('q');
		expect(rowsOf(await terminal.waitForText('printed after'))).toEqual(['printed after']);
	});
});
