import type {StagePlan} from '../core/plan.ts';
import {clean} from './clean.ts';

/** A stage's own name, or its number and weight. */
export const stageName = ({name, weightPercent}: StagePlan, index: number): string =>
	name === '' ? `stage ${index + 1} (${weightPercent} %)` : clean(name);
