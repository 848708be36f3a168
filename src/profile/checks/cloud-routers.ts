import type {Issue} from '../fault.ts';
import {found} from '../found.ts';
import {type PlainMap, textOf} from '../lenient.ts';
import type {Path} from '../tree.ts';

/** What the options of an application load balancer say about each other. */
export function checkAlb(options: PlainMap, path: Path): Issue[] {
	const baseline = textOf(options['baseline'] ?? options['stable']);
	const key = Object.hasOwn(options, 'canary') ? 'canary' : 'candidate';
	const candidate = textOf(options[key]);
	const place = 'rule' in options ? 'rule' : 'listener';
	const region = regionOf(textOf(options[place]));
	const isTwice = candidate !== undefined && candidate === baseline;
	return [
		...(isTwice
			? [
					{
						path: [...path, key],
						message: 'this target group stands on both sides. It serves either the baseline or the candidate.',
					},
				]
			: []),
		...['baseline', 'stable', 'candidate', 'canary'].flatMap(side => {
			const own = regionOf(textOf(options[side]));
			if (own === undefined || region === undefined || own === region) return [];
			const message = `this target group is in ${found(own)}, but the ${place} is in ${found(region)}. A load balancer forwards within its region.`;
			return [{path: [...path, side], message}];
		}),
	];
}

const regionOf = (arn: string | undefined): string | undefined =>
	/^arn:[\w-]+:elasticloadbalancing:([^:]+):/.exec(arn ?? '')?.[1];

/** What the options of a route in Kubernetes say about each other. */
export function checkGateway(options: PlainMap, path: Path): Issue[] {
	const key = Object.hasOwn(options, 'canary') ? 'canary' : 'candidate';
	const candidate = textOf(options[key]);
	const isTwice = candidate !== undefined && candidate === textOf(options['baseline'] ?? options['stable']);
	return [
		...(isTwice
			? [
					{
						path: [...path, key],
						message: `the Service ${found(candidate)} stands on both sides. It serves either the baseline or the candidate.`,
					},
				]
			: []),
		...checkAccess(options, path),
	];
}

/** Two ways to sign in, of which one would go unheard. */
export function checkAccess(options: PlainMap, path: Path): Issue[] {
	if (options['inCluster'] !== true) return [];
	return ['kubeconfig', 'context'].flatMap(key =>
		Object.hasOwn(options, key)
			? [
					{
						path: [...path, key],
						atKey: true,
						message: `"${key}" has no effect beside "inCluster: true": the pod's service account is taken.`,
					},
				]
			: [],
	);
}
