/** One series with its samples, as remote write takes them; `stale` stands for the stale marker. */
export type PushedSeries = {
	readonly labels: Readonly<Record<string, string>>;
	readonly samples: readonly (readonly [timeMs: number, value: number | 'stale'])[];
};

const encoder = new TextEncoder();
const staleBits = 0x7ff0_0000_0000_0002n;

function varint(value: number | bigint): number[] {
	const bytes: number[] = [];
	let rest = BigInt(value);
	while (rest > 127n) {
		bytes.push(Number(rest & 127n) | 128);
		rest >>= 7n;
	}
	return [...bytes, Number(rest)];
}

const field = (number: number, bytes: readonly number[]): number[] => [
	...varint((number << 3) | 2),
	...varint(bytes.length),
	...bytes,
];
const text = (number: number, value: string): number[] => field(number, [...encoder.encode(value)]);

function sample([timeMs, value]: PushedSeries['samples'][number]): number[] {
	const view = new DataView(new ArrayBuffer(8));
	if (value === 'stale') view.setBigUint64(0, staleBits, true);
	else view.setFloat64(0, value, true);
	const double = [(1 << 3) | 1, ...new Uint8Array(view.buffer)];
	return field(2, [...double, 2 << 3, ...varint(timeMs)]);
}

/** A remote-write request (protobuf in one uncompressed snappy block). */
export function encodeWriteRequest(series: readonly PushedSeries[]): Uint8Array {
	const message = series.flatMap(({labels, samples}) => {
		const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
		const body = [
			...pairs.flatMap(([name, value]) => field(1, [...text(1, name), ...text(2, value)])),
			...samples.flatMap(sample),
		];
		return field(1, body);
	});
	const length = message.length - 1;
	const literal = [63 << 2, length & 255, (length >> 8) & 255, (length >> 16) & 255, (length >>> 24) & 255];
	return Uint8Array.from([...varint(message.length), ...literal, ...message]);
}

/** Pushes series to a server that runs with `--web.enable-remote-write-receiver`. */
export async function push(url: string, series: readonly PushedSeries[]): Promise<void> {
	for (const one of series) {
		const response = await fetch(`${url}/api/v1/write`, {
			method: 'POST',
			headers: {
				'content-encoding': 'snappy',
				'content-type': 'application/x-protobuf',
				'x-prometheus-remote-write-version': '0.1.0',
			},
			body: encodeWriteRequest([one]) as Uint8Array<ArrayBuffer>,
			signal: AbortSignal.timeout(10_000),
		});
		if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
	}
}
