import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {type SigningKey, signatureFault} from './sigv4.ts';

/** Lists and maps as the query protocol nests them. */
export type Fields = {[name: string]: string | Fields | Fields[]};

export const albKey: SigningKey = {id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'};
export const albRegion = 'eu-central-1';

const arnOf = (rest: string): string => `arn:aws:elasticloadbalancing:${albRegion}:123456789012:${rest}`;
export const albArns = {
	listener: arnOf('listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2'),
	rule: arnOf('listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee'),
	stable: arnOf('targetgroup/shop-v1/6d0ecf831eec9f09'),
	canary: arnOf('targetgroup/shop-v2/943f017f100becff'),
	other: arnOf('targetgroup/shop-old/0123456789abcdef'),
} as const;

/** What the stub does to the next calls of one action. `slow` answers late, but does it at once; `late` does it late as well. */
export type Trouble = {
	readonly action: string | RegExp;
	readonly times: number;
	readonly as: 'throttle' | 'deny' | 'hang' | 'broken' | 'gone' | 'slow' | 'late' | 'not-found' | 'forget';
};

export type AlbStub = AsyncDisposable & {
	readonly endpoint: string;
	/** The actions of each rule and listener, by ARN, as they are kept. */
	readonly actions: Map<string, Fields[]>;
	/** Target group to the states of its targets. */
	readonly health: Map<string, readonly string[]>;
	readonly troubles: Trouble[];
	/** Every request that came, in order; what was wrong with it, if anything. */
	readonly calls: {readonly action: string; readonly fault?: string}[];
	weights(arn?: string): Readonly<Record<string, number>>;
};

export const forwardTo = (weights: Readonly<Record<string, number>>): Fields => ({
	Type: 'forward',
	Order: '1',
	ForwardConfig: {
		TargetGroups: Object.entries(weights).map(([TargetGroupArn, Weight]) => ({TargetGroupArn, Weight: String(Weight)})),
		TargetGroupStickinessConfig: {Enabled: 'false'},
	},
});

/** The part of Elastic Load Balancing's query API (2015-12-01) that moves weights. Strict: what AWS would refuse, it refuses. */
export async function startAlbStub(key: SigningKey = albKey): Promise<AlbStub> {
	const actions = new Map<string, Fields[]>();
	for (const arn of [albArns.rule, albArns.listener]) actions.set(arn, [forwardTo({[albArns.stable]: 100, [albArns.canary]: 0})]);
	const health = new Map<string, readonly string[]>([
		[albArns.stable, ['healthy', 'healthy']],
		[albArns.canary, ['healthy']],
	]);
	const troubles: Trouble[] = [];
	const calls: {action: string; fault?: string}[] = [];
	const server = createServer((request, response) => {
		void serve(request, response).catch(error => {
			calls.push({action: 'none', fault: String(error)});
			response.destroy();
		});
	});

	async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const body = Buffer.concat(chunks).toString('utf8');
		const answer = (status: number, xml: string): void => {
			response.writeHead(status, {'content-type': 'text/xml'}).end(xml);
		};
		const refuse = (status: number, code: string, message: string): void => {
			if (!['Throttling', 'AccessDenied', 'InternalFailure', 'RuleNotFound'].includes(code))
				calls.push({action, fault: `${code}: ${message}`});
			const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${xmlText(message)}</Message></Error>`;
			answer(status, `<ErrorResponse xmlns="${namespace}">${error}<RequestId>r-1</RequestId></ErrorResponse>`);
		};
		const {Action, Version, ...parameters} = nested(new URLSearchParams(body));
		const action = String(Action);
		if (request.method !== 'POST' || !/^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? ''))
			return refuse(400, 'InvalidAction', `${request.method} ${request.headers['content-type']}`);
		const signed = {method: 'POST', url: request.url ?? '/', headers: request.headers, body};
		const fault = signatureFault(signed, key, {region: albRegion, service: 'elasticloadbalancing'});
		if (fault) return refuse(403, ...fault);
		if (Version !== '2015-12-01') return refuse(400, 'InvalidAction', `no version ${String(Version)}`);
		calls.push({action});
		const trouble = takeTrouble(troubles, action);
		if (trouble === 'throttle') return refuse(400, 'Throttling', 'Rate exceeded');
		if (trouble === 'not-found') return refuse(400, 'RuleNotFound', 'One or more rules not found');
		if (trouble === 'broken') return refuse(503, 'InternalFailure', 'try later');
		if (trouble === 'deny') {
			const who = 'arn:aws:sts::123456789012:assumed-role/console/ana';
			return refuse(403, 'AccessDenied', `User: ${who} is not authorized to perform: elasticloadbalancing:${action} \u001b[31m`);
		}
		if (trouble === 'hang') return;
		if (trouble === 'gone') return void response.destroy();
		if (trouble === 'late') await sleep(120);
		const result = trouble === 'forget' ? {} : act(action, parameters);
		if (typeof result === 'string') return refuse(400, ...(result.split('|', 2) as [string, string]));
		if (trouble === 'slow') await sleep(120);
		const inner = `<${action}Result>${xmlOf(result)}</${action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>`;
		answer(200, `<${action}Response xmlns="${namespace}">${inner}</${action}Response>`);
	}

	/** The result, or `Code|message`. */
	function act(action: string, parameters: Fields): Fields | string {
		const only = (...names: string[]): string | undefined => {
			const odd = Object.keys(parameters).filter(name => !names.includes(name));
			const lacking = names.filter(name => !Object.hasOwn(parameters, name));
			return odd.length + lacking.length === 0 ? undefined : `ValidationError|odd: ${odd}, lacking: ${lacking}`;
		};
		const kept = (arn: string): Fields[] => actions.get(arn) ?? [];
		const told = (arn: string): Fields[] => kept(arn).map(withoutSecret);
		switch (action) {
			case 'DescribeRules': {
				const [arn = ''] = listed(parameters['RuleArns']);
				if (!actions.has(arn)) return 'RuleNotFound|One or more rules not found';
				return only('RuleArns') ?? {Rules: [{RuleArn: arn, Priority: '10', IsDefault: 'false', Actions: told(arn)}]};
			}
			case 'DescribeListeners': {
				const [arn = ''] = listed(parameters['ListenerArns']);
				if (!actions.has(arn)) return 'ListenerNotFound|One or more listeners not found';
				return only('ListenerArns') ?? {Listeners: [{ListenerArn: arn, Port: '443', DefaultActions: told(arn)}]};
			}
			case 'DescribeTargetHealth': {
				const states = health.get(String(parameters['TargetGroupArn']));
				if (!states) return 'TargetGroupNotFound|One or more target groups not found';
				const targets = states.map((State, index) => ({Target: {Id: `i-${index}`, Port: '80'}, TargetHealth: {State}}));
				return only('TargetGroupArn') ?? {TargetHealthDescriptions: targets};
			}
			case 'ModifyRule':
			case 'ModifyListener': {
				const [name, list] = action === 'ModifyRule' ? ['RuleArn', 'Actions'] : ['ListenerArn', 'DefaultActions'];
				const arn = String(parameters[name ?? '']);
				const next = parameters[list ?? ''];
				const fault = only(name ?? '', list ?? '') ?? (Array.isArray(next) ? actionsFault(next) : 'ValidationError|no actions');
				if (fault !== undefined) return fault;
				actions.set(arn, next as Fields[]);
				return action === 'ModifyRule' ? {Rules: [{RuleArn: arn, Actions: told(arn)}]} : {Listeners: [{ListenerArn: arn}]};
			}
			default:
				return `InvalidAction|Could not find operation ${action}`;
		}
	}

	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	return {
		endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		actions,
		health,
		troubles,
		calls,
		weights: (arn = albArns.rule) => weightsOf(actions.get(arn) ?? []),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise(resolve => server.close(resolve));
		},
	};
}

const namespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';

function takeTrouble(troubles: Trouble[], action: string): Trouble['as'] | undefined {
	const index = troubles.findIndex(trouble =>
		typeof trouble.action === 'string' ? trouble.action === action : trouble.action.test(action),
	);
	const trouble = troubles[index];
	if (!trouble) return undefined;
	if (trouble.times <= 1) troubles.splice(index, 1);
	else troubles[index] = {...trouble, times: trouble.times - 1};
	return trouble.as;
}

const fieldsOf = (value: string | Fields | Fields[] | undefined): Fields =>
	value === undefined || typeof value === 'string' || Array.isArray(value) ? {} : value;
const listOf = (value: string | Fields | Fields[] | undefined): Fields[] => (Array.isArray(value) ? value : []);

/** A list of texts comes as fields with one empty name each. */
const listed = (value: string | Fields | Fields[] | undefined): string[] => listOf(value).map(item => String(item['']));

export function weightsOf(actions: readonly Fields[]): Readonly<Record<string, number>> {
	const forward = actions.find(({Type}) => Type === 'forward') ?? {};
	const groups = listOf(fieldsOf(forward['ForwardConfig'])['TargetGroups']);
	return Object.fromEntries(groups.map(({TargetGroupArn, Weight}) => [String(TargetGroupArn), Number(Weight)]));
}

/** What AWS checks in a list of actions. */
function actionsFault(actions: readonly Fields[]): string | undefined {
	for (const action of actions) {
		const oidc = fieldsOf(action['AuthenticateOidcConfig']);
		if (
			action['Type'] === 'authenticate-oidc' &&
			oidc['ClientSecret'] === undefined &&
			oidc['UseExistingClientSecret'] !== 'true'
		)
			return 'InvalidLoadBalancerAction|You must specify a client secret or UseExistingClientSecret';
		if (action['Type'] !== 'forward') continue;
		const groups = listOf(fieldsOf(action['ForwardConfig'])['TargetGroups']);
		if (groups.length < 1 || groups.length > 5) return `TooManyTargetGroups|${groups.length}`;
		if (action['TargetGroupArn'] !== undefined && groups.length > 1)
			return 'ValidationError|You cannot specify both a target group ARN and several in ForwardConfig';
		const known: readonly string[] = Object.values(albArns);
		const odd = groups.find(({TargetGroupArn, Weight}) => {
			const weight = Number(Weight);
			return !known.includes(String(TargetGroupArn)) || !(Number.isInteger(weight) && weight >= 0 && weight <= 999);
		});
		if (odd) return `ValidationError|target group ${JSON.stringify(odd)}`;
	}
	return actions.some(({Type}) => Type === 'forward') ? undefined : 'InvalidLoadBalancerAction|no forward action';
}

/** The API never tells a client's secret. */
function withoutSecret(action: Fields): Fields {
	const config = action['AuthenticateOidcConfig'];
	if (config === undefined) return action;
	const {ClientSecret: _, UseExistingClientSecret: __, ...rest} = fieldsOf(config);
	return {...action, AuthenticateOidcConfig: rest};
}

/** `Actions.member.1.ForwardConfig.TargetGroups.member.2.Weight=5` as nested lists and maps. */
function nested(parameters: URLSearchParams): Fields {
	const root: Fields = {};
	for (const [name, value] of parameters) {
		const keys = name.replaceAll(/\.member\.(\d+)/g, '[$1]').split('.');
		let at = root;
		for (const [index, key] of keys.entries()) {
			const [, plain = key, place] = /^(.+?)\[(\d+)\]$/.exec(key) ?? [];
			const isLast = index === keys.length - 1;
			if (place === undefined && isLast) {
				at[plain] = value;
				continue;
			}
			at[plain] ??= place === undefined ? {} : [];
			if (place === undefined) at = fieldsOf(at[plain]);
			else {
				const list = listOf(at[plain]);
				const item = list[Number(place) - 1] ?? {};
				list[Number(place) - 1] = item;
				at = item;
				if (isLast) at[''] = value;
			}
		}
	}
	return root;
}

const xmlText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\u001b', '[ESC]');

const xmlOf = (fields: Fields): string =>
	Object.entries(fields)
		.map(([name, value]) => {
			const inner = Array.isArray(value)
				? value.map(item => `<member>${xmlOf(item)}</member>`).join('')
				: typeof value === 'string'
					? xmlText(value)
					: xmlOf(value);
			return `<${name}>${inner}</${name}>`;
		})
		.join('');
