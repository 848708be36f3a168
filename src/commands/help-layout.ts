import type {Command} from 'commander';

/** What the commands are for, in the order in which somebody comes to need them. */
const groups: Readonly<Record<string, readonly string[]>> = {
	'Before it:': ['demo', 'init', 'check', 'preflight', 'burst', 'notify', 'export'],
	'While it runs:': ['run', 'attach', 'status', 'split', 'compare', 'instance', 'command'],
	'Act on it, from any shell:': ['promote', 'hold', 'resume', 'rollback', 'snapshot', 'note', 'sign', 'end'],
	'Look back:': ['sessions', 'replay', 'report', 'backtest', 'record'],
};

/** Puts the commands into groups, and has each of them answer a wrong word with where its own words stand. */
export function layOutHelp(program: Command): void {
	const order = Object.values(groups).flat();
	// Groups stand in the order of their first commands, and commands as they were added.
	(program.commands as Command[]).sort((left, right) => order.indexOf(left.name()) - order.indexOf(right.name()));
	for (const command of program.commands) {
		const group = Object.entries(groups).find(([, names]) => names.includes(command.name()));
		command.helpGroup(group?.[0] ?? 'Further:');
		pointToItself(command, 'canary');
	}
}

function pointToItself(command: Command, above: string): void {
	const path = `${above} ${command.name()}`;
	command.showHelpAfterError(`(${path} --help shows its words, and an example)`);
	for (const sub of command.commands) pointToItself(sub, path);
}
