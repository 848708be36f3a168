import {profileReference, profileSchemaText} from '../src/profile/reference.ts';
import {keysManual} from './docs-keys.ts';

/** What is generated, by path: `npm run docs` writes it, a test compares it. */
export const documents: Readonly<Record<string, () => string>> = {
	'docs/keys.md': keysManual,
	'docs/profile.md': profileReference,
	'docs/profile.schema.json': profileSchemaText,
};
