import {z} from 'zod';
import {choice, file, type Meta, regex, text} from './leaf.ts';
import {section} from './section.ts';

export const defaultLevels = ['error', 'err', 'fatal', 'critical', 'crit', 'panic', 'alert', 'emerg', 'severe'] as const;

export const defaultFields = {
	level: ['level', 'severity', 'lvl', 'log.level'],
	code: ['code', 'error.code', 'err.code', 'error_code', 'status'],
	message: ['message', 'msg', 'error.message', 'err.message', 'error'],
	time: ['time', 'timestamp', 'ts', '@timestamp'],
} as const;

const keys = (description: string, defaults: readonly string[]) =>
	z
		.array(text({description: 'A key; a dot steps into an object.'}))
		.min(1)
		.default([...defaults])
		.meta({description, typeName: 'list of keys'} as z.GlobalMeta);

const fields = section(
	'fields',
	{
		level: keys('Where the level stands: keys to try, in order.', defaultFields.level),
		code: keys('Where the error code stands.', defaultFields.code),
		message: keys('Where the message stands.', defaultFields.message),
		time: keys('Where the time stands.', defaultFields.time),
	},
	{description: 'Which keys of a json or logfmt line mean what. A dot steps into an object (`error.code`).'},
);

const paths = (meta: Meta) =>
	z
		.array(file({description: 'A file or a glob.'}))
		.min(1)
		.meta({...meta, typeName: 'list of files'} as z.GlobalMeta);

export const log = section(
	'a log',
	{
		name: text({description: 'What the log is called. Unique. Default: the name of the file.'}, {max: 60}).optional(),
		path: file({
			description:
				'The file to follow, or a glob (`logs/app-*.log`): which files it means is looked up again and again, so daily names work.',
			examples: ['logs/app-*.log'],
		}).optional(),
		paths: paths({description: 'Several files or globs, instead of `path`.'}).optional(),
		side: choice(['candidate', 'baseline', 'canary', 'stable', 'both'], {description: 'Whose log it is.'}).default('candidate'),
		format: choice(['json', 'logfmt', 'plain'], {
			description: '`json`: an object a line. `logfmt`: key=value. `plain`: text.',
		}).default('json'),
		pattern: regex({
			description: 'For `plain`: RE2 with groups named level, code, message and time, each of them optional.',
			examples: ['^(?P<time>\\S+) (?P<level>[A-Z]+) (?P<message>.*)$'],
		}).optional(),
		levels: z
			.array(text({description: 'A level.'}))
			.default([...defaultLevels])
			.meta({
				description: 'Which levels are errors, in any case of letters. An empty list takes every line.',
				typeName: 'list of levels',
			} as z.GlobalMeta),
		include: regex({description: 'RE2: only lines that match are looked at.'}).optional(),
		exclude: regex({description: 'RE2: lines that match are left out.'}).optional(),
		fields: fields.optional(),
	},
	{description: 'An error log that is followed through rotation, truncation and daily names.'},
);
