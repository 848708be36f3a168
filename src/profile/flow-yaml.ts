import {stringify} from 'yaml';

/** A value on one line, as one would write it in a profile: `{weight: 5, duration: 15m}`; quotes only where they are needed. */
export const flowYaml = (value: unknown): string =>
	typeof value === 'string'
		? value
		: stringify(value, {collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0}).trim();
