import {setImmediate as turn} from 'node:timers/promises';

/** Work goes on for this long before others get their turn. */
const sliceMs = 6;

/** Runs work to its end, and lets everything else go on in between when it takes long. */
export async function inSlices<Answer>(steps: Generator<undefined, Answer>): Promise<Answer> {
	let since = performance.now();
	for (;;) {
		const step = steps.next();
		if (step.done) return step.value;
		if (performance.now() - since < sliceMs) continue;
		await turn();
		since = performance.now();
	}
}
