import {flowYaml} from './flow-yaml.ts';
import {editorSchema, type SchemaNode, schemaTree} from './json-schema.ts';

/** docs/profile.md: the reference of the profile, from its schema. A section for each map, a row for each key. */
export function profileReference(): string {
	const sections = sectionsOf(schemaTree(), '', 'The profile');
	return `${[head, ...sections.map(sectionText), tail].join('\n\n')}\n`;
}

/** docs/profile.schema.json, for editors. */
export const profileSchemaText = (): string => `${JSON.stringify(editorSchema(), null, '\t')}\n`;

const head = `<!-- Written by \`npm run docs\` from src/profile/schema.ts. Changes made here are lost. -->
# The profile

A profile is a YAML file that says what a canary is: its two sides, what must stay healthy, the steps, and what moves the traffic.
\`canary check PROFILE\` tells every fault at once, asks every query once, reads the split once, and moves nothing.
Complete examples stand in \`profiles/\`. For completion and checks in an editor, begin the file with
\`# yaml-language-server: $schema=../docs/profile.schema.json\`.

The least there is:

\`\`\`yaml
name: shop
baseline: {name: v1}
candidate: {name: v2}
metrics:
  prometheus: {url: "http://127.0.0.1:9090"}
guardrails:
  - title: Error share
    query: sum(rate(http_requests_total{code=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))
    unit: ratio
    healthy: < 0.01
    for: 30s
stages:
  - {weight: 5, duration: 15m}
router:
  haproxy:
    socket: /run/haproxy/admin.sock
    backends: [{name: be_shop, baseline: [v1], candidate: [v2]}]
\`\`\`

How values are written:

| type | is |
|---|---|
| duration | a number and a unit, larger units first: \`250ms\`, \`30s\`, \`1m30s\`, \`2h\`, \`1d\` |
| bound | what is healthy: \`< 1500\`, \`<= 0.1\`, \`= 0\`, \`"> 5"\`, \`">= 99.6"\`, \`"!= 1"\`. What begins with \`>\` or \`!\` needs quotes in YAML |
| PromQL | a query of Prometheus 3, without the comparison: the bound is a key of its own |
| RE2 pattern | a regular expression as Go has it: no look-ahead, no back references; \`(?i)\` in front ignores case |
| file | a path, relative to the folder of the profile |

- **Environment.** \`\${NAME}\` is replaced by the variable's value, \`\${NAME:-text}\` by \`text\` where it is unset or empty; a variable that is
  unset and has no default is a fault. \`$$\` is one dollar sign; any other \`$\` stays. Inside \`[ ]\` and \`{ }\` put it in quotes.
- **Secrets** never stand in a profile, only references to them: \`passwordFile\`, \`bearerTokenEnv\`, \`{env: NAME}\`, \`{file: path}\`. They are
  fetched when they are used. The profile as run, which the session keeps, holds the references.
- **Sides.** \`stable\` and \`canary\` may be written for \`baseline\` and \`candidate\`, wherever those stand.
- **Repetition.** Anchors (\`&name\`), aliases (\`*name\`) and merges (\`<<: *name\`) work. A key at the top that begins with \`x-\` is not read: a
  place for anchors.`;

const tail = `## Rule files

An alerting rule becomes a guardrail of its own:

| rule | guardrail |
|---|---|
| \`alert\` | \`id\`: \`HighErrorRate\` becomes \`high-error-rate\`; where a name stands twice, the severity is added |
| \`expr\` | \`query\` and \`healthy\`: \`rate(errors[5m]) > 5\` is the query \`rate(errors[5m])\` with the bound \`<= 5\` |
| \`for\`, \`keep_firing_for\` | \`for\`, \`keepFiringFor\` |
| label \`severity\` | \`severity\`: critical, page, error, high, emergency and fatal are critical; info, low and none are info; everything else, or no label, is warning |
| annotation \`title\` or \`summary\` | \`title\`, where it holds no template |
| group \`name\` | \`group\` |

An alert whose expression has no single comparison with a number on top (\`a and b\`, \`a > b\`, \`absent(a)\`) can't be split and is a fault
that says why: list it under \`exclude\`, and write a guardrail for it. PrometheusRule objects of Kubernetes are read as well.`;

type Section = {readonly title: string; readonly node: SchemaNode};

/** Every map in the schema, in the order of the keys, each once: two places with the same keys share a section. */
function sectionsOf(node: SchemaNode, path: string, title: string, seen = new Set<string>()): Section[] {
	if (!node.properties) return [];
	const shape = JSON.stringify(node);
	if (seen.has(shape)) return [];
	seen.add(shape);
	const inner = Object.entries(node.properties).flatMap(([key, value]) => {
		if (key === 'stable' || key === 'canary') return [];
		const {map, suffix} = mapIn(value);
		const at = path === '' ? key : `${path}.${key}`;
		return map ? sectionsOf(map, `${at}${suffix}`, `\`${at}${suffix}\``, seen) : [];
	});
	return [{title, node}, ...inner];
}

/** The map a key leads to: itself, the items of a list (`[]`), or the values under free keys (`.*`). */
function mapIn(node: SchemaNode): {map?: SchemaNode; suffix: string} {
	if (node.properties) return {map: node, suffix: ''};
	if (node.items?.properties) return {map: node.items, suffix: '[]'};
	const rest = node.additionalProperties;
	return typeof rest === 'object' && rest.properties ? {map: rest, suffix: '.*'} : {suffix: ''};
}

function sectionText({title, node}: Section): string {
	const rows = Object.entries(node.properties ?? {}).map(([key, value]) => rowOf(key, value, isRequired(node, key)));
	const about = title === 'The profile' ? [] : [node.description ?? ''];
	return [
		`## ${title === 'The profile' ? 'Keys at the top' : title}`,
		...about,
		['| key | type | |', '|---|---|---|', ...rows].join('\n'),
	].join('\n\n');
}

/** One of two names must be there where a key has another one. */
function isRequired({properties, required}: SchemaNode, key: string): string {
	const other = key === 'baseline' ? 'stable' : key === 'candidate' ? 'canary' : undefined;
	if (other !== undefined && properties?.[other]) return ` **Required**, as this or as \`${other}\`.`;
	return required?.includes(key) ? ' **Required.**' : '';
}

function rowOf(key: string, node: SchemaNode, required: string): string {
	const parts = [
		`${node.description ?? ''}${required}`,
		defaultText(node),
		node.examples ? `Such as ${node.examples.map(code).join(', ')}.` : '',
	];
	return `| \`${key}\` | ${cell(typeText(node))} | ${cell(parts.filter(part => part !== '').join(' '))} |`;
}

function typeText(node: SchemaNode): string {
	if (node.typeName === 'list' && node.items?.noun) return `list: each ${node.items.noun}`;
	return node.typeName ?? (node.properties ? 'map' : (node.type ?? ''));
}

function defaultText({default: value}: SchemaNode): string {
	if (value === undefined || value === '' || JSON.stringify(value) === '{}' || JSON.stringify(value) === '[]') return '';
	return `Default: ${code(value)}.`;
}

const code = (value: unknown): string => `\`${flowYaml(value)}\``;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
