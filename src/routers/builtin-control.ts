import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {BuiltinSticky} from '../core/router-options.ts';
import {type ProxyState, type ProxyTargets, targetsTrouble, weightThatChangesNothing} from './builtin-config.ts';
import type {Counts} from './builtin-counts.ts';
import type {InForce} from './builtin-front.ts';

/** No request of ours is longer: twice 64 URLs. */
const bodyBytesMax = 256 * 1024;
const requestMs = 5_000;

export type ControlPorts = {
	readonly inForce: InForce;
	readonly counts: Counts;
	readonly state: () => ProxyState;
	readonly log: (line: string) => void;
	readonly end: () => void;
};

type Answer = {readonly status: number; readonly body: unknown};

const refuse = (status: number, error: string): Answer => ({status, body: {error}});

/**
 * The proxy's own interface, HTTP over a Unix socket, so that `curl --unix-socket` speaks it too. A change carries a ticket that
 * grows with time; one that is older than the last change is refused, so that nothing given up can wake and undo a rollback.
 */
export function createControl(ports: ControlPorts): Server {
	const {inForce, counts, state, log, end} = ports;
	let lastTicket = 0n;

	/** Undefined when the change may be made; it is the newest from then on. */
	const overtaken = (fields: Fields): Answer | undefined => {
		const ticket = /^\d{1,30}$/.test(String(fields['ticket'])) ? BigInt(String(fields['ticket'])) : undefined;
		if (ticket === undefined) return refuse(400, 'a change needs a ticket');
		if (ticket <= lastTicket) return refuse(409, 'a newer change was made already');
		lastTicket = ticket;
		return undefined;
	};

	const setWeight = (fields: Fields): Answer => {
		const percent = fields['weightPercent'];
		if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100))
			return refuse(400, 'a weight is a number from 0 to 100');
		const late = overtaken(fields);
		if (late) return late;
		if (percent !== inForce.weightPercent) log(`weight ${inForce.weightPercent} -> ${percent}`);
		inForce.weightPercent = percent;
		return {status: 200, body: state()};
	};

	const setTargets = (fields: Fields): Answer => {
		const next = targetsIn(fields);
		const trouble = next ? targetsTrouble(next) : 'targets are two lists of URLs';
		if (!next || trouble !== undefined) return refuse(400, trouble ?? '');
		const weightPercent = weightThatChangesNothing({...inForce.targets, weightPercent: inForce.weightPercent}, next);
		if (weightPercent === undefined) return refuse(409, 'these servers are not those that serve now');
		const late = overtaken(fields);
		if (late) return late;
		log(`targets ${next.baseline.join(' ')} | ${next.candidate.join(' ')}, weight ${inForce.weightPercent} -> ${weightPercent}`);
		inForce.targets = next;
		inForce.weightPercent = weightPercent;
		return {status: 200, body: state()};
	};

	const answer = async (request: IncomingMessage): Promise<Answer> => {
		switch (`${request.method} ${request.url}`) {
			case 'GET /split':
				return {status: 200, body: state()};
			case 'PUT /split':
				return setWeight(await fieldsOf(request));
			case 'PUT /targets':
				return setTargets(await fieldsOf(request));
			case 'POST /end':
				setImmediate(end);
				return {status: 202, body: state()};
			default:
				return refuse(404, 'there is GET /split, PUT /split, PUT /targets, GET /metrics and POST /end');
		}
	};

	return createServer({requestTimeout: requestMs, headersTimeout: requestMs}, (request, response) => {
		if (request.url === '/metrics') return void answerMetrics(response, counts);
		answer(request).then(
			({status, body}) => response.writeHead(status, {'content-type': 'application/json'}).end(`${JSON.stringify(body)}\n`),
			(error: unknown) => response.writeHead(400).end(`${JSON.stringify({error: String(error)})}\n`),
		);
	});
}

export async function answerMetrics(response: ServerResponse, {registry}: Counts): Promise<void> {
	const page = await registry.metrics();
	response.writeHead(200, {'content-type': registry.contentType}).end(page);
}

type Fields = Readonly<Record<string, unknown>>;

async function fieldsOf(request: IncomingMessage): Promise<Fields> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > bodyBytesMax) throw new Error('too long');
		chunks.push(chunk);
	}
	const fields: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
	if (typeof fields !== 'object' || fields === null) throw new Error('no JSON object');
	return fields as Fields;
}

const isTexts = (value: unknown): value is readonly string[] =>
	Array.isArray(value) && value.every(item => typeof item === 'string');

function targetsIn({baseline, candidate, sticky}: Fields): ProxyTargets | undefined {
	if (!isTexts(baseline) || !isTexts(candidate)) return undefined;
	if (sticky === undefined) return {baseline, candidate};
	const {header, cookie} = (sticky ?? {}) as Fields;
	const kept: BuiltinSticky | undefined =
		typeof header === 'string' ? {header} : typeof cookie === 'string' ? {cookie} : undefined;
	return kept && {baseline, candidate, sticky: kept};
}
