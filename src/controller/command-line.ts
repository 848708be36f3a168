import {redact} from '../base/redact.ts';
import {sanitize} from '../base/text.ts';
import type {GradualWish} from '../core/facts/gradual.ts';
import {parseObject} from '../core/ndjson.ts';
import {type ClientMessage, type Command, roles} from '../core/protocol.ts';

/** A person's reason fits a screen line or three; a longer one is cut where it is recorded. */
const textColumnsMax = 500;
const whoColumnsMax = 80;

/**
 * One line from a client, checked field by field: whatever it holds goes into the record and onto screens, so texts are cleaned and
 * cut here. The error is a sentence for the one who sent it.
 */
export function parseClientLine(line: string): ClientMessage | {readonly type: 'bad'; readonly reason: string} {
	const message = parseObject(line);
	if (!message) return bad('a line that is no JSON object');
	switch (message['type']) {
		case 'hello':
			return parseHello(message);
		case 'command': {
			const {id} = message;
			const command = parseCommand(message);
			if (typeof id !== 'number' || !Number.isSafeInteger(id)) return bad('a command without a number');
			return command ? {type: 'command', id, ...command} : bad(`an unknown or incomplete command ${quoted(message['command'])}`);
		}
		default:
			return bad(`a message of unknown type ${quoted(message['type'])}`);
	}
}

type Fields = Readonly<Record<string, unknown>>;

function parseHello({protocol, role, who, once}: Fields): ClientMessage | {type: 'bad'; reason: string} {
	const known = roles.find(one => one === role);
	if (typeof protocol !== 'number' || !known || typeof who !== 'string') return bad('an incomplete hello');
	return {type: 'hello', protocol, role: known, who: clean(who, whoColumnsMax) || 'unknown', ...(once === true && {once})};
}

function parseCommand(fields: Fields): Command | undefined {
	const {command} = fields;
	const text = (key: string, columns = textColumnsMax): string | undefined => {
		const value = fields[key];
		return typeof value === 'string' ? clean(value, columns) : undefined;
	};
	const reason = text('reason');
	switch (command) {
		case 'promote':
		case 'hold':
		case 'resume':
		case 'rollback':
		case 'rebalance':
		case 'snapshot':
		case 'preflight':
		case 'stop-instance':
		case 'restart-baseline':
		case 'end':
			return reason === undefined ? undefined : {command, reason};
		case 'rollback-gradually': {
			const wish = parseWish(fields);
			return reason === undefined || !wish ? undefined : {command, reason, ...wish};
		}
		case 'note': {
			const note = text('text');
			return note === undefined ? undefined : {command, text: note};
		}
		case 'dashboard': {
			const [uid, title, url] = [text('uid', whoColumnsMax), text('title'), text('url')];
			return !uid || title === undefined || !url ? undefined : {command, uid, title, url};
		}
		case 'acknowledge': {
			const [guardrail, note] = [text('guardrail', whoColumnsMax), text('text')];
			return guardrail === undefined || note === undefined ? undefined : {command, guardrail, text: note};
		}
		case 'sign': {
			const [role, name, note] = [text('role', whoColumnsMax), text('name', whoColumnsMax), text('note')];
			return !role || !name || note === undefined ? undefined : {command, role, name, note};
		}
		case 'stop-run': {
			const {run} = fields;
			return Number.isSafeInteger(run) ? {command, run: run as number} : undefined;
		}
		case 'run': {
			const title = text('title', whoColumnsMax);
			const [guardrail, error] = [text('guardrail', whoColumnsMax), text('error', whoColumnsMax)];
			const selected = {...(guardrail !== undefined && {guardrail}), ...(error !== undefined && {error})};
			return title === undefined ? undefined : {command, title, ...selected, confirmed: fields['confirmed'] === true};
		}
		case 'arm': {
			const name = text('name', whoColumnsMax);
			return reason === undefined || !name ? undefined : {command, name, reason};
		}
		default:
			return undefined;
	}
}

/** Numbers or nothing; whether they make sense is the core's to say. */
function parseWish(fields: Fields): GradualWish | undefined {
	const given = (['durationMs', 'steps', 'targetPercent'] as const).filter(key => fields[key] !== undefined);
	if (!given.every(key => typeof fields[key] === 'number')) return undefined;
	return Object.fromEntries(given.map(key => [key, fields[key]]));
}

/** A token pasted into a reason must not stand in the record either. */
const clean = (text: string, columns: number): string => sanitize(redact(text), columns).trim();

const quoted = (value: unknown): string => JSON.stringify(clean(String(value), whoColumnsMax));

const bad = (what: string): {readonly type: 'bad'; readonly reason: string} => ({
	type: 'bad',
	reason: `The controller was sent ${what}.`,
});
