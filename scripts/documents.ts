import {profileReference, profileSchemaText} from '../src/profile/reference.ts';

/**
 * What is generated, by path: `npm run docs` writes it, a test compares it. The manual of the keys (from src/view's key table) joins
 * here as `docs/keys.md`.
 */
export const documents: Readonly<Record<string, () => string>> = {
	'docs/profile.md': profileReference,
	'docs/profile.schema.json': profileSchemaText,
};
