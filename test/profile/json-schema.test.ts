import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {editorSchema} from '../../src/profile/json-schema.ts';

/** What an editor says about a profile: the JSON Schema, judged by a validator that is not ours. */
const validate = new Ajv2020({
	allErrors: true,
	strict: true,
	strictTypes: false,
	strictRequired: false,
	allowUnionTypes: true,
}).compile(editorSchema());
const root = join(import.meta.dirname, '../..');
const read = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'), {merge: true, logLevel: 'silent'});

test.each(readdirSync(join(root, 'profiles')).filter(file => file.endsWith('.yaml')))('an editor finds no fault in %s', file => {
	validate(read(`profiles/${file}`));
	expect(validate.errors ?? []).toEqual([]);
});

test.each([
	['key-misspelled', '/guardrails/1', 'additionalProperties'],
	['bound-number', '/guardrails/1/healthy', 'type'],
	['duration-words', '/guardrails/0/for', 'pattern'],
	['word-misspelled', '/guardrails/1/severity', 'enum'],
	['side-missing', '', 'required'],
	['side-twice', '', 'oneOf'],
	['router-two', '/router', 'oneOf'],
	['weight-too-large', '/stages/1/weight', 'maximum'],
])('an editor marks %s at the right place', (name, instancePath, keyword) => {
	expect(validate(read(`test/profile/broken/${name}.yaml`))).toBe(false);
	expect(validate.errors).toEqual(expect.arrayContaining([expect.objectContaining({instancePath, keyword})]));
});
