/**
 * Keeps what comes in from what is judged: while a tick is evaluated, no page is stored. Otherwise a value could be of one page, and
 * what stands beside it (is its target up, how old is it) of the next.
 */
export class Gate {
	#closed: Promise<void> = Promise.resolve();
	#count = 0;

	/** Nobody passes while the work is done. */
	async during<Answer>(work: () => Promise<Answer>): Promise<Answer> {
		const {promise, resolve} = Promise.withResolvers<void>();
		const before = this.#closed;
		this.#closed = promise;
		this.#count++;
		try {
			return await work();
		} finally {
			this.#count--;
			void before.then(resolve);
		}
	}

	/** Resolves when nothing is judged any more; what follows without waiting is done before the next begins. */
	async passed(): Promise<void> {
		while (this.#count > 0) await this.#closed;
	}
}
