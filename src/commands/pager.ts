/** What waits in the loop's queue of signals after a pager is heard by then. */
const signalsMs = 50;

/**
 * Shows a file in the reader's own pager, $PAGER or less or more, on this terminal, and returns when it is left. Nothing else is
 * done meanwhile: keys belong to the pager, Ctrl-C too, and Ctrl-Z stops both. Gives the reason when there is none.
 */
export function openPager(path: string, env: NodeJS.ProcessEnv): string | undefined {
	const {spawnSync} = process.getBuiltinModule('node:child_process');
	const own = (env['PAGER'] ?? '').split(/\s+/).filter(word => word !== '');
	const signals = ['SIGINT', 'SIGTSTP'] as const;
	const heard = signals.map(signal => [signal, process.listeners(signal)] as const);
	for (const signal of signals) process.removeAllListeners(signal);
	// Without anybody who hears of it, it would end us.
	const ignore = (): void => {};
	process.on('SIGINT', ignore);
	try {
		for (const [program = '', ...args] of own.length > 0 ? [own, ['less'], ['more']] : [['less'], ['more']]) {
			const ended = spawnSync(program, [...args, path], {stdio: 'inherit', env});
			if ((ended.error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') return ended.error?.message;
		}
		return `no pager is there ($PAGER, less, more); the file is ${path}`;
	} finally {
		setTimeout(() => {
			process.off('SIGINT', ignore);
			for (const [signal, listeners] of heard) for (const listener of listeners) process.on(signal, listener as () => void);
		}, signalsMs);
	}
}
