import {z} from 'zod';
import {text} from './leaf.ts';

/** A list of roles, each once. */
export const roles = (description: string) =>
	z
		.array(text({description: 'A role.', examples: ['sre']}, {max: 60}))
		.max(20)
		.check(context => {
			for (const [index, role] of context.value.entries()) {
				if (context.value.indexOf(role) === index) continue;
				context.issues.push({
					code: 'custom',
					input: role,
					path: [index],
					message: `the role "${role}" stands twice: each signs once. Take one out.`,
				});
			}
		})
		.meta({description, typeName: 'list of roles', examples: [['sre', 'product']]} as z.GlobalMeta);
