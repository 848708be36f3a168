import {fail, ok, type Result} from '../base/result.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {writeWhole} from '../journal/whole-file.ts';
import {decisionMarkdown} from '../report/decision-md.ts';
import type {Summary} from '../report/model.ts';
import {exitCodes} from './exit-codes.ts';

export const summaryJson = (summary: Summary): string => `${JSON.stringify(summary, null, '\t')}\n`;

/** Writes DECISION.md and SUMMARY.json into the session's folder, each whole or not at all. */
export async function writeDecision(folder: string, summary: Summary): Promise<Result<void, string>> {
	const {decision, summary: summaryPath} = sessionFiles(folder);
	const json = await writeWhole(summaryPath, summaryJson(summary));
	if (!json.ok) return fail(json.error);
	const text = await writeWhole(decision, decisionMarkdown(summary));
	return text.ok ? ok(undefined) : fail(text.error);
}

export const verdictExit = {PASS: exitCodes.good, FAIL: exitCodes.bad, INCONCLUSIVE: exitCodes.inconclusive} as const;
