/** A page of so many families of counters, each with so many series: about 100 bytes a line, as real pages have. */
export function metricsPage(families: number, seriesEach: number, tick: number): Uint8Array {
	const lines: string[] = [];
	for (let family = 0; family < families; family++) {
		const name = `app_operations_${family}_total`;
		lines.push(`# HELP ${name} Operations of kind ${family}.`, `# TYPE ${name} counter`);
		for (let i = 0; i < seriesEach; i++) {
			const labels = `method="GET",route="/api/v1/resource/${i}",code="${i % 7 === 0 ? 500 : 200}",version="${i % 2 ? 'canary' : 'stable'}"`;
			lines.push(`${name}{${labels}} ${1_000 + i * 3 + tick * (1 + (i % 9))}`);
		}
	}
	return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

/** Milliseconds that each of so many runs takes. */
export function timed(runs: number, body: (run: number) => void): number[] {
	return Array.from({length: runs}, (_, run) => {
		const started = performance.now();
		body(run);
		return performance.now() - started;
	});
}
