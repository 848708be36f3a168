#!/usr/bin/env node
import {enableCompileCache} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';

// What is kept is what the first run of a file compiled. Each command uses other parts of the one file: each keeps its own.
const command = /^[a-z]+$/.exec(process.argv[2] ?? '')?.[0] ?? 'none';
enableCompileCache?.(join(tmpdir(), 'node-compile-cache', 'canary', command));
// Started at full speed; from then on with little: left alone, V8 lets a console's garbage grow to 200 MB before it looks at it.
function settleDown() {
	for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=30']) setFlagsFromString(flag);
}
// A controller is started with limits of its own.
if (command !== 'controller') setTimeout(settleDown, 400).unref();
await import('../dist/canary.js');
