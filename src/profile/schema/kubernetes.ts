import {z} from 'zod';
import {duration, file, flag, type Meta, text} from './leaf.ts';
import {section, sides, sidesRequired} from './section.ts';

/** A name of an object in Kubernetes (RFC 1123). */
const name = (meta: Meta) =>
	z
		.string()
		.max(253)
		.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, {
			error: issue => `${JSON.stringify(issue.input)} is no name in Kubernetes: small letters, digits, "-" and ".".`,
		})
		.meta({...meta, typeName: 'name'} as z.GlobalMeta);

const access = {
	kubeconfig: file({
		description: "The kubeconfig file. Default: KUBECONFIG, then ~/.kube/config, then the pod's service account.",
	}).optional(),
	context: text({description: 'A context of the kubeconfig. Default: its current one.', examples: ['prod']}).optional(),
	inCluster: flag({description: "Take the pod's own service account, whatever kubeconfig there is."}).default(false),
	namespace: name({description: 'The namespace.', examples: ['shop']}),
};

const timeout = duration(
	{description: 'The longest one change may take, until the gateway or the controller has taken it.'},
	{min: 500, max: 300_000},
).default('15s');

export const gatewayApi = section(
	'router.gateway-api',
	{
		...access,
		route: name({description: 'The HTTPRoute.', examples: ['shop']}),
		rules: z
			.array(
				z.union([z.int().min(0), z.string().min(1).max(253)], {
					error: () => 'a rule is its index, counted from 0, or its name.',
				}),
			)
			.min(1)
			.max(16)
			.meta({
				description:
					'Which rules of the route to move: indices from 0, or names. Default: each that names one of the two Services.',
				typeName: 'list of numbers · names',
				examples: [[0]],
			} as z.GlobalMeta)
			.optional(),
		...sides(
			name({description: 'The Service of what is in service, among the backendRefs.', examples: ['shop-v1']}),
			name({description: 'The Service of what is tried.', examples: ['shop-v2']}),
		),
		totalWeight: z
			.int()
			.min(2)
			.max(1_000)
			.default(100)
			.meta({description: 'What the two weights add up to, 2–1000.', typeName: 'number'} as z.GlobalMeta),
		timeout,
	},
	{description: 'Kubernetes Gateway API: the weights of two Services among the backendRefs of an HTTPRoute.'},
	sidesRequired,
);

export const argoRollouts = section(
	'router.argo-rollouts',
	{
		...access,
		rollout: name({description: 'The Rollout, with a canary strategy and trafficRouting.', examples: ['shop']}),
		timeout,
	},
	{
		description:
			'Argo Rollouts: the weights are those of the steps of the Rollout itself, each with a `pause: {}` behind it; rollback is abort, verified.',
	},
);
