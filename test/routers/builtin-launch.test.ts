import {expect, test} from 'vitest';
import {launchProxy} from '../../src/routers/builtin-launch.ts';

const config = {listen: '127.0.0.1:0', weightPercent: 0, baseline: ['127.0.0.1:1'], candidate: ['127.0.0.1:2']};

test.runIf(process.platform === 'linux')(
	'a control socket where no folder can be made is an error that names the place and what mends it',
	async () => {
		const launched = await launchProxy({...config, controlSocket: '/proc/nope/x.sock'}, new AbortController().signal, 5_000);
		expect(launched).toMatchObject({
			ok: false,
			error: {
				kind: 'unreachable',
				message: expect.stringMatching(/ENOENT.*\/proc\/nope/),
				remedy: expect.stringContaining('controlSocket'),
			},
		});
	},
);
