import type {Mask} from '../base/redact.ts';
import {fail, ok, type Result} from '../base/result.ts';
import {systemClock} from '../controller/clock.ts';
import type {AlertmanagerOptions} from '../core/alertmanager-options.ts';
import {askedOf} from '../core/judge/comparison.ts';
import type {ReceiverOptions} from '../core/notify-options.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {CompiledProfile} from '../profile/compile.ts';
import {secretResolver} from '../profile/secrets.ts';
import {openRouter} from '../routers/registry.ts';
import type {Router} from '../routers/router.ts';
import {openSource} from '../sources/registry.ts';
import type {MetricsSource} from '../sources/source.ts';
import {openTail, type Tail, type TailHandlers} from '../sources/tail/tail.ts';
import {learnFrom, learnSecret, ownMask} from './own-mask.ts';
import {openSeriesRecord} from './series-record.ts';

/** What a profile names, opened. Nothing has been asked of it, and nothing moved. */
export type Parts = {
	/** Knows every secret that was fetched for these parts. */
	readonly mask: Mask;
	readonly source: MetricsSource;
	/** The router and, behind it, the fallback. */
	readonly routers: readonly [Router, ...Router[]];
	readonly listening?: {readonly options: AlertmanagerOptions; readonly resolve: ResolveSecret};
	readonly notifying: {readonly receivers: readonly ReceiverOptions[]; readonly resolve: ResolveSecret};
	/** What the record of raw series has to say; see ControllerOptions. */
	readonly onNotices: (tell: (text: string) => void) => void;
	readonly openTail: (handlers: TailHandlers, signal: AbortSignal) => Result<Tail, string>;
};

/** Opens source and routers. The error is a sentence with its remedy. */
export async function openParts(
	compiled: CompiledProfile,
	env: NodeJS.ProcessEnv = process.env,
	recordIn?: string,
): Promise<Result<Parts, string>> {
	const {plan, metrics, router, fallbackRouter, logs, logQuestions} = compiled;
	const resolveSecret = secretResolver(env, learnSecret);
	learnFrom(compiled);
	const {redact} = ownMask;
	const questions = {
		guardrails: askedOf(plan),
		...(plan.observedShareQuery !== undefined && {observedShareQuery: plan.observedShareQuery}),
	};
	const record = recordIn === undefined ? undefined : openSeriesRecord(metrics, recordIn, redact);
	const ports = {resolve: resolveSecret, clock: systemClock, ...(record && {recordSeries: record.ports})};
	const opened = await openSource(metrics, questions, ports);
	if (!opened.ok) return fail(`${opened.error.message} ${opened.error.remedy}`);
	const source = record ? record.around(opened.value) : opened.value;
	const routers: Router[] = [];
	for (const options of [router, ...(fallbackRouter ? [fallbackRouter] : [])]) {
		const opened = openRouter(options, {resolveSecret});
		if (!opened.ok) {
			await Promise.allSettled([source.close(), ...routers.map(one => one.close())]);
			const {message, remedy = ''} = opened.error;
			return fail(`${message} ${remedy}`.trim());
		}
		routers.push(opened.value);
	}
	const [primary, ...others] = routers as [Router, ...Router[]];
	// Windows are counted by a clock that nobody can set.
	const tailSetup = {logs, questions: logQuestions, clock: {nowMs: systemClock.monoMs}, redact};
	return ok({
		mask: ownMask,
		source,
		routers: [primary, ...others],
		...(compiled.alertmanager && {listening: {options: compiled.alertmanager, resolve: resolveSecret}}),
		notifying: {receivers: compiled.receivers, resolve: resolveSecret},
		onNotices: tell => record?.onNotices(tell),
		openTail: (handlers, signal) => openTail(tailSetup, handlers, signal),
	});
}

export async function closeParts({source, routers}: Parts): Promise<void> {
	await Promise.allSettled([source.close(), ...routers.map(router => router.close())]);
}
