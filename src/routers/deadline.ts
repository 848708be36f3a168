/** The caller's abort and a time limit in one signal, and which of the two it was. */
export type Deadline = Disposable & {
	readonly signal: AbortSignal;
	/** Why `signal` is aborted; undefined while it is not. */
	reason(): 'aborted' | 'timeout' | undefined;
};

/** Dispose of it in any case: it holds a timer and a listener. */
export function startDeadline(caller: AbortSignal, timeoutMs: number): Deadline {
	const controller = new AbortController();
	let reason: 'aborted' | 'timeout' | undefined;
	const end = (why: 'aborted' | 'timeout'): void => {
		reason ??= why;
		controller.abort();
	};
	const onAbort = (): void => end('aborted');
	const timer = setTimeout(() => end('timeout'), timeoutMs);
	if (caller.aborted) onAbort();
	else caller.addEventListener('abort', onAbort, {once: true});
	return {
		signal: controller.signal,
		reason: () => reason,
		[Symbol.dispose]() {
			clearTimeout(timer);
			caller.removeEventListener('abort', onAbort);
		},
	};
}

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		if (signal.aborted) return resolve();
		const end = (): void => {
			clearTimeout(timer);
			signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = setTimeout(end, ms);
		signal.addEventListener('abort', end, {once: true});
	});
}

/** What comes first: the promise, or undefined when the signal is aborted. What comes later is dropped, errors included. */
export async function orAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
	if (signal.aborted) {
		promise.catch(() => {});
		return undefined;
	}
	const {promise: aborted, resolve} = Promise.withResolvers<undefined>();
	const onAbort = (): void => resolve(undefined);
	signal.addEventListener('abort', onAbort, {once: true});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener('abort', onAbort);
	}
}
