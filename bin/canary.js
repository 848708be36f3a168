#!/usr/bin/env node
import {enableCompileCache} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

// What is kept is what the first run of a file compiled. Each command uses other parts of the one file: each keeps its own.
const command = /^[a-z]+$/.exec(process.argv[2] ?? '')?.[0] ?? 'none';
enableCompileCache?.(join(tmpdir(), 'node-compile-cache', 'canary', command));
await import('../dist/canary.js');
