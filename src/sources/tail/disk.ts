/** A disk that has not answered by then hangs (a dead network mount does so for ever). */
export const ioTimeoutMs = 5_000;

export type Disk = {
	/** Starts the operation and waits for it, but no longer than {@link ioTimeoutMs}: then it rejects with a sentence. */
	ask<Value>(what: string, operation: () => Promise<Value>): Promise<Value>;
};

/**
 * What hangs holds one of the few threads that serve every file of this process, the journal's too. So while an operation hangs,
 * no other is started on this disk.
 */
export function createDisk(timeoutMs: number = ioTimeoutMs): Disk {
	let hanging: string | undefined;
	return {
		async ask(what, operation) {
			if (hanging !== undefined) throw new Error(`${what}: not tried, ${hanging} still hangs`);
			const answer = operation();
			let timer: NodeJS.Timeout | undefined;
			const tooLong = new Promise<never>((_resolve, reject) => {
				timer = setTimeout(() => {
					hanging = what;
					reject(new Error(`${what}: no answer within ${timeoutMs} ms`));
				}, timeoutMs);
			});
			const freed = (): void => {
				clearTimeout(timer);
				hanging = undefined;
			};
			answer.then(freed, freed);
			return Promise.race([answer, tooLong]);
		},
	};
}
