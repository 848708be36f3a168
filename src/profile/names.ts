/** `TTFV p95 (ms)` → `ttfv-p95-ms`. Empty when nothing of the text can stand in an id. */
export const slug = (text: string): string =>
	text
		.normalize('NFKD')
		.replaceAll(/\p{M}/gu, '')
		.toLowerCase()
		.replaceAll(/[^a-z0-9]+/g, '-')
		.replaceAll(/^-+|-+$/g, '')
		.slice(0, 60);

/** `HighErrorRate` → `high-error-rate`: names of alerts are written in camel case. */
export const slugOfAlert = (name: string): string =>
	slug(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2'));

/** The last part of a path: what a log is called that has no name. */
export const baseName = (path: string | undefined): string | undefined => path?.split('/').findLast(part => part !== '');
