import {formatDuration} from '../../base/duration.ts';
import type {Issue} from '../fault.ts';
import {durationOf, listOf, mapOf, type PlainMap, textOf, textsOf} from '../lenient.ts';
import {baseName} from '../names.ts';
import {metricsKinds} from '../schema/metrics.ts';
import type {Path} from '../tree.ts';

/** What logs say about each other, and what the metrics source says about the poll. */
export const checkRest = (profile: PlainMap): Issue[] => [...checkLogs(profile), ...checkMetrics(profile)];

function checkLogs(profile: PlainMap): Issue[] {
	const logs = listOf(profile['logs']).map(item => mapOf(item) ?? {});
	const names = logs.map(log => textOf(log['name']) ?? baseName(textOf(log['path']) ?? textsOf(log['paths'])[0]));
	return logs.flatMap((log, index) => {
		const path = ['logs', index];
		const format = textOf(log['format']) ?? 'json';
		const first = names.indexOf(names[index]);
		const issues: Issue[] = [];
		if (first !== index && names[index] !== undefined) {
			const place = Object.hasOwn(log, 'name') ? [...path, 'name'] : path;
			issues.push({
				path: place,
				message: `the name "${names[index]}" is taken by logs[${first}] already. Give each log its own name.`,
			});
		}
		if (Object.hasOwn(log, 'pattern') && format !== 'plain') {
			issues.push({
				path: [...path, 'pattern'],
				atKey: true,
				message: `a pattern reads plain lines, and the format is ${format}. Write "format: plain", or take the pattern out.`,
			});
		}
		if (Object.hasOwn(log, 'fields') && format === 'plain') {
			issues.push({
				path: [...path, 'fields'],
				atKey: true,
				message: 'a plain line has no fields. Use a pattern with named groups (level, code, message, time).',
			});
		}
		return issues;
	});
}

function checkMetrics(profile: PlainMap): Issue[] {
	const metrics = mapOf(profile['metrics']);
	const prometheus = mapOf(metrics?.['prometheus']);
	const path = ['metrics', 'prometheus'];
	const issues: Issue[] = [];
	const timeoutMs = durationOf(prometheus?.['timeout']);
	const pollMs = durationOf(profile['poll'] ?? '1s');
	if (timeoutMs !== undefined && pollMs !== undefined && timeoutMs > pollMs) {
		const message = `an answer must be in before the next question goes out: at most ${formatDuration(pollMs)}, the value of "poll". Lengthen "poll", or shorten this.`;
		issues.push({path: [...path, 'timeout'], message});
	}
	return [...issues, ...metricsKinds.flatMap(kind => checkTls(mapOf(mapOf(metrics?.[kind])?.['tls']), ['metrics', kind, 'tls']))];
}

function checkTls(tls: PlainMap | undefined, path: Path): Issue[] {
	const issues: Issue[] = [];
	for (const [key, other] of [
		['certFile', 'keyFile'],
		['keyFile', 'certFile'],
	] as const) {
		if (tls && Object.hasOwn(tls, key) && !Object.hasOwn(tls, other)) {
			issues.push({
				path: [...path, key],
				atKey: true,
				message: `"${key}" needs "${other}" beside it: a client certificate and its key go together.`,
			});
		}
	}
	return issues;
}
