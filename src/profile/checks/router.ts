import {didYouMean} from '../did-you-mean.ts';
import type {Issue} from '../fault.ts';
import {found} from '../found.ts';
import {listOf, mapOf, numberOf, type PlainMap, textOf, textsOf} from '../lenient.ts';
import {parseSocket} from '../socket.ts';
import type {Path} from '../tree.ts';
import {checkAccess, checkAlb, checkGateway} from './cloud-routers.ts';

/** What the options of a router say about each other. */
export function checkRouter(profile: PlainMap): Issue[] {
	const router = mapOf(profile['router']);
	return [...checkOne(router, ['router']), ...checkOne(mapOf(router?.['fallback']), ['router', 'fallback'])];
}

function checkOne(router: PlainMap | undefined, path: Path): Issue[] {
	const haproxy = mapOf(router?.['haproxy']);
	const nginx = mapOf(router?.['nginx']);
	const command = mapOf(router?.['command']);
	const builtin = mapOf(router?.['builtin']);
	const gateway = mapOf(router?.['gateway-api']);
	const argo = mapOf(router?.['argo-rollouts']);
	const alb = mapOf(router?.['aws-alb']);
	return [
		...(haproxy ? checkHaproxy(haproxy, [...path, 'haproxy']) : []),
		...(nginx ? checkNginx(nginx, [...path, 'nginx']) : []),
		...(command ? checkCommand(command, [...path, 'command']) : []),
		...(builtin ? bothSides(builtin, [...path, 'builtin'], 'server') : []),
		...(gateway ? checkGateway(gateway, [...path, 'gateway-api']) : []),
		...(argo ? checkAccess(argo, [...path, 'argo-rollouts']) : []),
		...(alb ? checkAlb(alb, [...path, 'aws-alb']) : []),
	];
}

/** sockaddr_un of Linux, without the closing zero. */
const socketBytesMax = 107;

function checkHaproxy(options: PlainMap, path: Path): Issue[] {
	const socket = textOf(options['socket']);
	const isWrong = socket !== undefined && parseSocket(socket) === undefined;
	const parsed = socket === undefined ? undefined : parseSocket(socket);
	const isLong = parsed !== undefined && 'path' in parsed && Buffer.byteLength(parsed.path) > socketBytesMax;
	const message = `${found(socket)} is neither a path nor host:port. Write "/run/haproxy/admin.sock" or "127.0.0.1:9999" (a relative path as "unix:admin.sock").`;
	return [
		...(isWrong ? [{path: [...path, 'socket'], message}] : []),
		...(isLong
			? [
					{
						path: [...path, 'socket'],
						message: `this path is longer than ${socketBytesMax} bytes, the most a Unix socket's may have.`,
					},
				]
			: []),
		...listOf(options['backends']).flatMap((item, index) => bothSides(mapOf(item) ?? {}, [...path, 'backends', index], 'server')),
	];
}

const candidateKey = (map: PlainMap): string => (Object.hasOwn(map, 'canary') ? 'canary' : 'candidate');
const baselineKey = (map: PlainMap): string => (Object.hasOwn(map, 'stable') ? 'stable' : 'baseline');

/** A server on both sides would get the weight of whichever is written last. */
function bothSides(map: PlainMap, path: Path, noun: string): Issue[] {
	const baseline = textsOf(map[baselineKey(map)]).map(firstWord);
	const key = candidateKey(map);
	return listOf(map[key]).flatMap((name, index) =>
		typeof name === 'string' && baseline.includes(firstWord(name))
			? [
					{
						path: [...path, key, index],
						message: `the ${noun} ${found(firstWord(name))} stands on both sides. A ${noun} serves either the baseline or the candidate.`,
					},
				]
			: [],
	);
}

const firstWord = (text: string): string => text.trim().split(/\s+/)[0] ?? '';

function checkNginx(options: PlainMap, path: Path): Issue[] {
	const weighted = [baselineKey(options), candidateKey(options)].flatMap(key =>
		listOf(options[key]).flatMap((address, index) => {
			const word = typeof address === 'string' ? /(?:^|\s)(weight=\S*|down)(?=\s|;|$)/.exec(address)?.[1] : undefined;
			const hasEnd = typeof address === 'string' && address.includes(';');
			if (word === undefined && !hasEnd) return [];
			const message = hasEnd
				? 'an address holds no ";": the include file is written from it, with everything around it.'
				: `"${word}" is ours to set: the weight follows from the stage. Take it out here.`;
			return [{path: [...path, key, index], message}];
		}),
	);
	return [...bothSides(options, path, 'server'), ...weighted];
}

const placeholders = ['candidate', 'baseline', 'canary', 'stable'];

function checkCommand(options: PlainMap, path: Path): Issue[] {
	const read = mapOf(options['read']);
	const write = mapOf(options['write']);
	const argv = listOf(write?.['argv']);
	const writePath = [...path, 'write', 'argv'];
	const names = argv.flatMap((text, index) => [...String(text).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({name, index})));
	const unknown = names.filter(({name}) => !placeholders.includes(name));
	const none = names.length === 0 && argv.length > 0;
	return [
		...[
			[read, 'read'],
			[write, 'write'],
		].flatMap(([map, key]) => checkProgram(map as PlainMap | undefined, [...path, key as string, 'argv'])),
		...(none
			? [
					{
						path: writePath,
						message: 'no argument holds {candidate} or {baseline}, so the command would set the same split each time.',
					},
				]
			: []),
		...unknown.map(({name, index}) => ({
			path: [...writePath, index],
			message: `{${name}} stands for nothing.${didYouMean(name, ['candidate', 'baseline'])} {candidate} and {baseline} stand for the two weights.`,
		})),
		...checkFineness(options, path),
	];
}

/** The habit of a shell: one text with blanks, or things that only a shell understands. */
function checkProgram(map: PlainMap | undefined, path: Path): Issue[] {
	const argv = listOf(map?.['argv']);
	const [program] = argv;
	if (typeof program === 'string' && argv.length === 1 && /\s/.test(program.trim())) {
		const split = program
			.trim()
			.split(/\s+/)
			.map(word => JSON.stringify(word));
		return [
			{
				path: [...path, 0],
				message: `there is no shell: the program and each argument are items of their own. Write [${split.join(', ')}].`,
			},
		];
	}
	if (program === '') return [{path: [...path, 0], message: 'the name of the program is empty.'}];
	return argv.flatMap((word, index) =>
		typeof word === 'string' && /^(?:\||\|\||&&|;|>|>>|<|2>&1)$/.test(word)
			? [
					{
						path: [...path, index],
						message: `there is no shell, so ${found(word)} would reach the program as an argument. Put what needs a shell into a script, and call that.`,
					},
				]
			: [],
	);
}

/** A scale of 1 with whole numbers knows only 0 % and 100 %. */
function checkFineness(options: PlainMap, path: Path): Issue[] {
	const scale = numberOf(options['scale']) ?? 100;
	const decimals = Math.min(6, Math.max(0, numberOf(options['decimals']) ?? 0));
	if (Number(scale.toFixed(decimals)) !== scale) {
		return [
			{
				path: [...path, 'scale'],
				message: `a scale of ${scale} has more than ${decimals} digits behind the point. Raise "decimals".`,
			},
		];
	}
	if (scale * 10 ** decimals >= 100) return [];
	const needed = Math.ceil(Math.log10(100 / scale));
	return [
		{
			path: [...path, Object.hasOwn(options, 'scale') ? 'scale' : 'decimals'],
			message: `a scale of ${scale} with ${decimals} digits behind the point can't spell whole percents. Add "decimals: ${needed}".`,
		},
	];
}
