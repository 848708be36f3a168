import {aggregateOps, type Span} from './ast.ts';

export type TokenKind =
	| 'number'
	| 'duration'
	| 'string'
	| 'identifier'
	| 'metric'
	| 'operator'
	| 'aggregator'
	| 'keyword'
	| 'preprocessor'
	| 'punctuation'
	| 'error'
	| 'eof';

/** `word` is what the parser compares: a keyword in lower case, or the text itself. For `error` it is the message. */
export type Token = Span & {readonly kind: TokenKind; readonly word: string; readonly text: string};

const keywords = 'bool by fill fill_left fill_right group_left group_right ignoring offset on without anchored smoothed'.split(
	' ',
);

/** Words that are more than a name, by their lower-case spelling. */
export const reservedWords: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
	...['and', 'or', 'unless', 'atan2'].map(word => [word, 'operator'] as const),
	...aggregateOps.map(word => [word, 'aggregator'] as const),
	...keywords.map(word => [word, 'keyword'] as const),
	...['start', 'end', 'step', 'range'].map(word => [word, 'preprocessor'] as const),
	...['inf', 'nan'].map(word => [word, 'number'] as const),
]);

const notMetricNames: ReadonlySet<string> = new Set(['atan2', 'bool', 'group_left', 'group_right', 'ignoring', 'on']);

/** Whether this word may stand as a metric name: `sum` and `offset` may, `on` may not. */
export const mayBeMetricName = (token: Token): boolean => {
	if (token.kind === 'identifier' || token.kind === 'metric') return true;
	const isReserved = ['operator', 'aggregator', 'keyword', 'preprocessor'].includes(token.kind);
	return isReserved && /^\w+$/.test(token.word) && !notMetricNames.has(token.word);
};

/** Whether this word may stand in a list of labels: every word may. */
export const mayBeLabel = (token: Token): boolean =>
	token.kind === 'identifier' || (reservedWords.has(token.word) && token.kind !== 'number');

/** A token as Prometheus names it in "unexpected …". */
export function describeToken(token: Token): string {
	const text = token.text.length > 10 ? `${JSON.stringify(token.text.slice(0, 10))}...` : JSON.stringify(token.text);
	switch (token.kind) {
		case 'eof':
			return 'end of input';
		case 'identifier':
			return `identifier ${JSON.stringify(token.text)}`;
		case 'metric':
			return `metric identifier ${JSON.stringify(token.text)}`;
		case 'keyword':
			return `<${token.text}>`;
		case 'operator':
			return `<op:${token.text}>`;
		case 'aggregator':
			return `<aggr:${token.text}>`;
		case 'number':
		case 'duration':
		case 'string':
			return `${token.kind} ${text}`;
		default:
			return text;
	}
}
