/** `node .ci/count.ts report.json` prints "passed failed skipped" from vitest's JSON report. A file that did not load is one failure. */
import {readFileSync} from 'node:fs';

type Report = {
	readonly numPassedTests: number;
	readonly numFailedTests: number;
	readonly numPendingTests: number;
	readonly numTodoTests: number;
	readonly testResults: readonly {readonly status: string; readonly assertionResults: readonly {readonly status: string}[]}[];
};

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report;
const brokenFiles = report.testResults.filter(
	file => file.status === 'failed' && !file.assertionResults.some(({status}) => status === 'failed'),
);
console.log(report.numPassedTests, report.numFailedTests + brokenFiles.length, report.numPendingTests + report.numTodoTests);
