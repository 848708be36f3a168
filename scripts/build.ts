/** Bundles the program into `dist/canary.js`, and its helper processes beside it: production React, no dependency left to resolve at start. */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire, isBuiltin} from 'node:module';
import {type BuildOptions, build, type Plugin} from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const {version} = createRequire(import.meta.url)('../package.json') as {version: string};

/**
 * ink-table 3 is CommonJS and requires Ink, which since 5 is ESM with top-level await: no bundler and no Node can join the two
 * directly. Our `src/commands/table.ts` puts the imported Ink namespace where this stand-in finds it, before it loads ink-table.
 */
const inkForInkTable: Plugin = {
	name: 'ink-for-ink-table',
	setup(builder) {
		builder.onResolve({filter: /^ink$/}, args =>
			args.importer.includes('/ink-table/') ? {path: 'ink-for-ink-table', namespace: 'stand-in'} : undefined,
		);
		builder.onLoad({filter: /.*/, namespace: 'stand-in'}, () => ({
			contents: "module.exports = globalThis[Symbol.for('canary-console.ink')];",
			loader: 'js',
		}));
	},
};

/** Ink asks for React's developer tools only when DEV=true; they are no dependency of ours. */
const noDevtools: Plugin = {
	name: 'no-devtools',
	setup(builder) {
		builder.onResolve({filter: /^react-devtools-core$/}, () => ({path: 'no-devtools', namespace: 'empty'}));
		builder.onLoad({filter: /.*/, namespace: 'empty'}, () => ({contents: 'export default {}', loader: 'js'}));
	},
};

/**
 * In one file every import of a Node module stands at its top and is loaded at every start: HTTP/2, SQLite and TLS for a command
 * that only reads a socket. Fetched where a module of ours or of a library first needs it, they cost nothing before.
 */
const lazyBuiltins: Plugin = {
	name: 'lazy-builtins',
	setup(builder) {
		builder.onResolve({filter: /^[a-z]/}, ({path, kind}) =>
			kind === 'import-statement' && isBuiltin(path) ? {path: path.replace('node:', ''), namespace: 'builtin'} : undefined,
		);
		builder.onLoad({filter: /.*/, namespace: 'builtin'}, ({path}) => ({
			contents: `module.exports = process.getBuiltinModule('node:${path}');`,
			loader: 'js',
		}));
	},
};

/** Ink's layout engine asks the global `fetch` to decode its own base64, and Node loads all of undici for that: 45 ms. */
const yogaWithoutFetch: Plugin = {
	name: 'yoga-without-fetch',
	setup(builder) {
		builder.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, ({path}) => ({
			contents: `const fetch = undefined;\n${readFileSync(path, 'utf8')}`,
			loader: 'js',
		}));
	},
};

/**
 * Five copies of string-width would each load their tables of emoji before the first frame. In the bundle all who measure share
 * one, and it is loaded when a text comes that `plainWidth` (which a test holds to the same answers) can't measure.
 */
const oneStringWidth: Plugin = {
	name: 'one-string-width',
	setup(builder) {
		builder.onResolve({filter: /^string-width$/}, ({namespace}) =>
			namespace === 'width' ? {path: `${root}/node_modules/string-width/index.js`} : {path: 'string-width', namespace: 'width'},
		);
		builder.onLoad({filter: /.*/, namespace: 'width'}, () => ({
			contents: `
				import {plainWidth} from './src/base/plain-width.ts';
				let whole;
				export default (text, options) => {
					const columns = options === undefined && typeof text === 'string' ? plainWidth(text) : undefined;
					return columns ?? (whole ??= require('string-width').default)(text, options);
				};`,
			resolveDir: root,
			loader: 'js',
		}));
	},
};

/**
 * Large libraries that few sessions need. Source names them in a dynamic `import()` only; each becomes a file of its own beside the
 * program, loaded when it is asked for, so that a start never reads what it does not use.
 */
const besides = {
	'@aws-sdk/client-elastic-load-balancing-v2': 'aws-elb',
	'@kubernetes/client-node': 'kubernetes',
	echarts: 'echarts',
	nodemailer: 'nodemailer',
	pg: 'pg',
} as const;

const librariesBeside: Plugin = {
	name: 'libraries-beside',
	setup(builder) {
		builder.onResolve({filter: /^[@a-z]/}, ({path, kind, importer}) => {
			const name = besides[path as keyof typeof besides];
			if (name === undefined || kind === 'entry-point' || importer.includes('/node_modules/')) return undefined;
			if (kind === 'dynamic-import') return {path: `./lib/${name}.js`, external: true};
			return {errors: [{text: `${path} is large: load it with a dynamic import(), as scripts/build.ts says`}]};
		});
	},
};

mkdirSync(`${root}/dist`, {recursive: true});
const options = {
	// Processes of their own stand beside the program: they start in a fraction of its time, and find each other by name.
	entryPoints: {
		canary: `${root}/src/commands/main.ts`,
		'builtin-proxy': `${root}/src/routers/builtin-proxy.ts`,
		'backtest-worker': `${root}/src/commands/backtest-worker.ts`,
		'demo-keeper': `${root}/src/demo/keeper.ts`,
		'demo-service': `${root}/src/demo/service.ts`,
	},
	outdir: `${root}/dist`,
	bundle: true,
	platform: 'node',
	format: 'esm',
	target: 'node22.19',
	jsx: 'automatic',
	minifySyntax: true,
	// A running process holds its source text: a quarter less of it. Lines stay short enough for a stack to point somewhere.
	minifyWhitespace: true,
	lineLimit: 200,
	legalComments: 'linked',
	define: {'process.env.NODE_ENV': '"production"', 'process.env.CANARY_VERSION': JSON.stringify(version)},
	banner: {js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);"},
	plugins: [librariesBeside, inkForInkTable, noDevtools, lazyBuiltins, yogaWithoutFetch, oneStringWidth],
	logLevel: 'warning',
	metafile: true,
} satisfies BuildOptions;
const built = await build(options);
const beside = await build({
	...options,
	entryPoints: Object.fromEntries(Object.entries(besides).map(([path, name]) => [`lib/${name}`, path])),
	// Where a library ships ES modules beside CommonJS: only those keep their names when they are bundled.
	mainFields: ['module', 'main'],
	plugins: [lazyBuiltins],
	minify: true,
});

/**
 * V8 keeps a text with a single letter beyond Latin-1 at two bytes each: some signs in regular expressions, which esbuild leaves as they
 * are, would double what every process holds of its source (8 MB of 16). As escapes they mean the same, but behind a backslash.
 */
for (const path of [built, beside].flatMap(({metafile}) => Object.keys(metafile.outputs))) {
	if (!path.endsWith('.js')) continue;
	const text = readFileSync(path, 'utf8');
	const ascii = text.replaceAll(/(\\?)([^\x00-\x7F])/g, (_, before: string, sign: string) => {
		if (before !== '') throw new Error(`${path}: "${before}${sign}" can't be written in ASCII. Leave the backslash away.`);
		return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
	if (/String\.raw`[^`]*\\u[\da-f]{4}/.test(ascii) && !/String\.raw`[^`]*\\u[\da-f]{4}/.test(text))
		throw new Error(`${path}: a sign beyond ASCII in String.raw would become its escape. Write it in a plain string.`);
	if (ascii !== text) writeFileSync(path, ascii);
}
