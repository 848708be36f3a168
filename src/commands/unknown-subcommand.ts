import {Command, CommanderError} from 'commander';

/**
 * A default subcommand that takes no argument gets a misspelt one as an argument too many: it is refused as what it is, with the
 * nearest there is, and all there are. For the action of the default subcommand.
 * @throws CommanderError
 */
export function refuseUnknown({parent, args: [word]}: Command): void {
	if (!parent || word === undefined) return;
	const names = parent.commands.map(command => command.name());
	parent.error(`${unknownText(word, names)}\ncanary ${parent.name()} has ${new Intl.ListFormat('en').format(names)}.`);
}

/** In the words in which the program itself refuses an unknown command. */
function unknownText(word: string, names: readonly string[]): string {
	const likeIt = new Command().exitOverride().configureOutput({writeErr() {}});
	for (const name of names) likeIt.command(name);
	try {
		likeIt.parse(['--', word], {from: 'user'});
	} catch (error) {
		if (error instanceof CommanderError && error.code === 'commander.unknownCommand') return error.message;
	}
	return `error: '${word}' is an argument too many`;
}
