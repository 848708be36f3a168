import fc from 'fast-check';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {createFrameOutput} from '../../src/console/frame-output.ts';
import {createTerminal} from '../../src/console/terminal.ts';
import {createTtyWriter} from '../../src/console/tty-writer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A terminal with room for so many bytes at a time. */
function slowTerminal() {
	let room = Number.POSITIVE_INFINITY;
	let text = '';
	let fault: string | undefined;
	return {
		get text() {
			return text;
		},
		freeze() {
			room = 0;
		},
		/** Room for so many bytes, all told. */
		thaw(bytes = Number.POSITIVE_INFINITY) {
			room = bytes;
		},
		breakDown(code: string) {
			fault = code;
		},
		take(bytes: Uint8Array): number {
			if (fault !== undefined) throw Object.assign(new Error(fault), {code: fault});
			const taken = Math.min(room, bytes.length);
			if (taken === 0) throw Object.assign(new Error('EAGAIN'), {code: 'EAGAIN'});
			room -= taken;
			text += Buffer.from(bytes.subarray(0, taken)).toString('latin1');
			return taken;
		},
	};
}

const events = () => ({onFree: vi.fn(), onGone: vi.fn(), nowMs: () => Date.now()});

describe('writing to a terminal', () => {
	test('goes straight through while the terminal takes it', () => {
		const terminal = slowTerminal();
		const writer = createTtyWriter(terminal.take, events());
		writer.write('hello');
		expect(terminal.text).toBe('hello');
		expect(writer.isBlocked).toBe(false);
	});

	test('never waits for a frozen one, and loses no byte of what it has begun', () => {
		const terminal = slowTerminal();
		const told = events();
		const writer = createTtyWriter(terminal.take, told);
		terminal.thaw(3);
		writer.write('abcdef');
		terminal.freeze();
		vi.advanceTimersByTime(60_000);
		expect(writer.isBlocked).toBe(true);
		expect(told.onFree).not.toHaveBeenCalled();
		terminal.thaw();
		vi.advanceTimersByTime(100);
		expect(terminal.text).toBe('abcdef');
		expect(told.onFree).toHaveBeenCalledTimes(1);
	});

	test('keeps a bounded amount behind a frozen one', () => {
		const terminal = slowTerminal();
		terminal.freeze();
		const writer = createTtyWriter(terminal.take, events());
		for (let count = 0; count < 1_000; count++) writer.write('x'.repeat(10_000));
		terminal.thaw();
		vi.advanceTimersByTime(1_000);
		expect(terminal.text.length).toBeLessThan(600_000);
	});

	test('says once that the terminal is gone, and is silent from then on', async () => {
		const terminal = slowTerminal();
		const told = events();
		const writer = createTtyWriter(terminal.take, told);
		terminal.breakDown('EIO');
		writer.write('a');
		writer.write('b');
		await Promise.resolve();
		expect(told.onGone).toHaveBeenCalledTimes(1);
		expect(writer.isBlocked).toBe(false);
	});

	test('tries for a while on the way out, and no longer', () => {
		const terminal = slowTerminal();
		terminal.freeze();
		let nowMs = 0;
		const writer = createTtyWriter(terminal.take, {
			...events(),
			nowMs() {
				nowMs += 10;
				return nowMs;
			},
		});
		writer.write('bye');
		writer.finish(200);
		expect(nowMs).toBeLessThan(400);
		expect(writer.isBlocked).toBe(true);
	});
});

/** What a screen shows after these bytes: rows erased and written at their places. */
function replay(text: string, rows: number): string[] {
	let screen = Array.from({length: rows}, () => '');
	for (const [whole, row = '', line = ''] of text.matchAll(/\x1B\[2J|\x1B\[(\d+);1H\x1B\[0m\x1B\[2K([^\x1B]*)/g)) {
		if (whole === '\x1B[2J') screen = screen.map(() => '');
		else screen[Number(row) - 1] = line;
	}
	return screen;
}

describe('frames', () => {
	const size = () => ({columns: 10, rows: 4});

	test('are drawn whole at first, then only the rows that differ, in one synchronised write', () => {
		const write = vi.fn<(text: string) => void>();
		const {stream} = createFrameOutput({write, isBlocked: false}, size);
		stream.write('a\nb\nc');
		stream.write('a\nB\nc');
		stream.write('a\nB\nc');
		expect(write).toHaveBeenCalledTimes(2);
		expect(write.mock.calls[1]?.[0]).toBe('\x1B[?2026h\x1B[2;1H\x1B[0m\x1B[2KB\x1B[0m\x1B[?2026l');
	});

	test('replace each other while the terminal takes nothing: the newest is drawn, right, when it does', () => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.array(fc.constantFrom('a', 'b', '', 'cc'), {maxLength: 6}), fc.boolean()), {minLength: 1}),
				steps => {
					let text = '';
					const writer = {
						isBlocked: false,
						write(more: string) {
							text += more;
						},
					};
					const output = createFrameOutput(writer, size);
					let last = '';
					for (const [lines, isBlocked] of steps) {
						writer.isBlocked = isBlocked;
						last = lines.join('\n');
						// An empty write is no frame.
						if (last === '') last = ' ';
						output.stream.write(last);
					}
					writer.isBlocked = false;
					output.draw();
					const wanted = last.split('\n').slice(0, 4);
					expect(replay(text, 4)).toEqual([...wanted, ...Array.from({length: 4 - wanted.length}, () => '')]);
				},
			),
		);
	});

	test('never reach past the last row', () => {
		const write = vi.fn<(text: string) => void>();
		createFrameOutput({write, isBlocked: false}, size).stream.write('1\n2\n3\n4\n5\n6');
		expect(write.mock.calls[0]?.[0]).not.toContain('\x1B[5;1H');
	});

	test('are drawn whole again when something else has written on the screen', () => {
		const write = vi.fn<(text: string) => void>();
		const output = createFrameOutput({write, isBlocked: false}, size);
		output.stream.write('a');
		output.invalidate();
		output.stream.write('a');
		expect(write.mock.calls[1]?.[0]).toContain('\x1B[2J');
	});
});

describe('the terminal’s modes', () => {
	const open = () => {
		let text = '';
		const stdin = {setRawMode: vi.fn(), resume: vi.fn(), pause: vi.fn()};
		const terminal = createTerminal({
			stdin: stdin as unknown as NodeJS.ReadStream,
			write(more) {
				text += more;
			},
		});
		return {terminal, stdin, text: () => text};
	};

	test('are all put back, and only once', () => {
		const {terminal, stdin, text} = open();
		terminal.enter();
		terminal.leave();
		terminal.leave();
		for (const mode of ['?1049', '?2004', '?7', '?25']) {
			expect(text().match(new RegExp(`\\[\\${mode}[hl]`, 'g'))).toHaveLength(2);
		}
		expect(stdin.setRawMode.mock.calls).toEqual([[true], [false]]);
		expect(text().endsWith('\x1B[?1049l\x1B[23;0t')).toBe(true);
	});

	test('a terminal that is gone does not keep the console from leaving', () => {
		const {terminal, stdin} = open();
		terminal.enter();
		stdin.setRawMode.mockImplementation(() => {
			throw new Error('EIO');
		});
		expect(() => terminal.leave()).not.toThrow();
	});

	test('a title is set when it changes, and holds nothing that a terminal obeys', () => {
		const {terminal, text} = open();
		terminal.enter();
		terminal.setTitle('OK\x07\x1B]52;c;eA==\x07');
		terminal.setTitle('OK\x07\x1B]52;c;eA==\x07');
		expect(text().match(/\x1B\]0;/g)).toHaveLength(1);
		expect(text()).not.toContain(']52');
	});
});
