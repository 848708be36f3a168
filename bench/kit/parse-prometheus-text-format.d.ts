declare module 'parse-prometheus-text-format' {
	// biome-ignore lint/style/noDefaultExport: the package exports nothing else
	export default function parsePrometheusTextFormat(text: string): readonly object[];
}
