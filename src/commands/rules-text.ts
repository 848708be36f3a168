import {stringify} from 'yaml';
import type {Plan} from '../core/plan.ts';
import {exportRules} from '../export/rules.ts';

export const exportHeading = (plan: Plan, what: string): string =>
	`# ${what} of the profile ${plan.profile}, written by canary export. Change the profile, and export again.\n`;

export const yamlText = (value: unknown): string => stringify(value, {lineWidth: 0, aliasDuplicateObjects: false});

/** A rule file with the alerting rules of a plan. */
export const rulesText = (plan: Plan): string =>
	exportHeading(plan, 'Alerting rules') + yamlText({groups: exportRules(plan).groups});
