/** The two sides of one system in a process of their own: `node stand-in-main.ts BASELINE CANDIDATE`, by names of {@link metricsByName}. */
import {metricsByName} from './metrics.ts';
import {type Faults, serveStandIn} from './stand-in.ts';

/** What the test tells a side. */
export type Order = {readonly side: 'baseline' | 'candidate'; readonly fault?: Partial<Faults>; readonly event?: string};

const [baseline, candidate] = await Promise.all(
	process.argv.slice(2, 4).map(name => {
		const metrics = metricsByName[name as keyof typeof metricsByName];
		if (!metrics) throw new Error(`There are no metrics ${name}.`);
		return serveStandIn(metrics);
	}),
);
process.on('message', ({side, fault, event}: Order) => {
	const one = side === 'baseline' ? baseline : candidate;
	if (fault) one?.fault(fault);
	if (event !== undefined) one?.happen(event);
});
// Whoever started it is gone: so is this.
process.on('disconnect', () => process.exit(0));
process.send?.({ports: [baseline?.port, candidate?.port]});
