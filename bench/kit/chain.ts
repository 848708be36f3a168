import {startAlertmanager, startWebhookReceiver} from '../../test/helpers/alertmanager.ts';
import type {Haproxy} from '../../test/helpers/haproxy.ts';

/** One alert of the classic chain. */
export type ChainRule = {
	/** The backend it rolls back. */
	readonly backend: string;
	readonly expr: string;
	/** Prometheus' notation: `5s`. */
	readonly for: string;
};

export type Chain = AsyncDisposable & {
	readonly alertmanagerAddress: string;
	/** The rule file of one round. */
	rules(round: number): string;
	/** When a backend read weight 0 after the webhook had set it, in ms since 1970; undefined while it has not. */
	verifiedAtMs(backend: string): number | undefined;
	/** Sets the canary back to this weight, and waits for the next alert. */
	restart(canaryPercent: number): Promise<void>;
};

/**
 * Rule, Alertmanager, webhook, "script". The last is a function in a process that runs already: quicker than any script that a
 * webhook would have to start, so what is measured favours the chain.
 */
export async function startChain(rules: readonly ChainRule[], haproxy: Haproxy): Promise<Chain> {
	const verified = new Map<string, number>();
	const set = (backend: string, canary: number): Promise<string> =>
		haproxy.runtime(`set server ${backend}/stable weight ${100 - canary}; set server ${backend}/canary weight ${canary}`);
	const act = async (backend: string): Promise<void> => {
		await set(backend, 0);
		const {canary} = await haproxy.weights(backend);
		if (canary === 0 && !verified.has(backend)) verified.set(backend, Date.now());
	};
	const receiver = await startWebhookReceiver(({alerts}) => {
		for (const {status, labels} of alerts) if (status === 'firing') void act(labels['backend'] ?? '');
	});
	const alertmanager = await startAlertmanager({webhookUrl: receiver.url, groupWait: '0s', groupInterval: '1s'});
	return {
		alertmanagerAddress: alertmanager.address,
		rules: round =>
			JSON.stringify({
				groups: rules.map(({backend, expr, for: wait}) => ({
					// Each round has names of its own: Prometheus chooses a group's moment within the second by its name, so that no
					// lucky moment holds for all rounds; and Alertmanager takes no alert for one that it has told of already.
					name: `${backend}-${round}`,
					interval: '1s',
					rules: [{alert: `${backend}-${round}`, expr, for: wait, labels: {backend}}],
				})),
			}),
		verifiedAtMs: backend => verified.get(backend),
		async restart(canaryPercent) {
			for (const {backend} of rules) await set(backend, canaryPercent);
			verified.clear();
		},
		async [Symbol.asyncDispose]() {
			await alertmanager.stop();
			await receiver.stop();
		},
	};
}
