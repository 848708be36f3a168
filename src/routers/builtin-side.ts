/** Which side and which server a request goes to. No I/O: the rules of weight and stickiness over one request's headers. */
import type {IncomingHttpHeaders} from 'node:http';
import {createPoints, createRotation, createSideChoice, pointOf, type Side, sideOfPoint} from './builtin-choice.ts';
import type {ProxyTargets} from './builtin-config.ts';

export type Chosen = {
	readonly side: Side;
	/** The server's URL. */
	readonly target: string;
	/** To be handed to a client that has no place yet. */
	readonly setCookie?: string;
};

/** A day: a canary is over by then, and a client may well land elsewhere in the next one. */
const cookieSeconds = 86_400;

/** Chooses for one request after the other. */
export function createChooser(): (headers: IncomingHttpHeaders, targets: ProxyTargets, weightPercent: number) => Chosen {
	const chooseSide = createSideChoice();
	const nextPoint = createPoints();
	const next = {baseline: createRotation<string>(), candidate: createRotation<string>()};
	return (headers, targets, weightPercent) => {
		const {sticky} = targets;
		const on = (side: Side, setCookie?: string): Chosen => ({
			side,
			target: next[side](targets[side]) ?? '',
			...(setCookie !== undefined && {setCookie}),
		});
		if (sticky === undefined) return on(chooseSide(weightPercent));
		if ('header' in sticky) {
			const value = headers[sticky.header.toLowerCase()];
			return on(value === undefined ? chooseSide(weightPercent) : sideOfPoint(pointOf(String(value)), weightPercent));
		}
		const value = cookieValue(headers.cookie, sticky.cookie);
		if (value !== undefined) return on(sideOfPoint(pointIn(value), weightPercent));
		const point = nextPoint();
		const cookie = `${sticky.cookie}=${point}; Path=/; Max-Age=${cookieSeconds}; HttpOnly; SameSite=Lax`;
		return on(sideOfPoint(point, weightPercent), cookie);
	};
}

/** A place handed out by us, or one made of whatever else stands there. */
function pointIn(value: string): number {
	const point = /^\d{1,2}(\.\d{1,4})?$/.test(value) ? Number(value) : Number.NaN;
	return point < 100 ? point : pointOf(value);
}

/** The first cookie of that name (RFC 6265, section 5.4), without quotation marks. */
function cookieValue(header: string | undefined, name: string): string | undefined {
	for (const pair of header?.split(';') ?? []) {
		const at = pair.indexOf('=');
		if (at > 0 && pair.slice(0, at).trim() === name)
			return pair
				.slice(at + 1)
				.trim()
				.replace(/^"(.*)"$/, '$1');
	}
	return undefined;
}
