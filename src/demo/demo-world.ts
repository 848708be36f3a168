import {rmSync} from 'node:fs';
import {type Child, startChild} from './child.ts';
import type {IncidentName} from './incidents.ts';
import {endProxy, type WorldInfo, type WorldOptions} from './world.ts';

/** The keeper ends a controller, a proxy, users and two services before it ends itself. */
const keeperMs = 20_000;

export type DemoWorld = {
	readonly info: WorldInfo;
	readonly keeperPid: number;
	/** Resolves when the keeper has ended, asked to or not. */
	readonly over: Promise<void>;
	/** Lets the candidate go wrong; what went wrong before is put right. */
	inject(name: IncidentName): void;
	heal(): void;
	/** The session's controller is ended with the world. */
	guardedBy(sessionFolder: string): void;
	/** Ends everything. Resolves when nothing of it runs any more; safe twice. */
	end(): Promise<void>;
};

/** Two versions of a service under load behind the built-in proxy, kept by a process of their own. Throws with what did not start. */
export async function startDemoWorld(options: WorldOptions): Promise<DemoWorld> {
	const keeper: Child = await startChild('keeper', [JSON.stringify(options)], keeperMs);
	const info = keeper.hello as WorldInfo;
	const tell = (order: object): void => void keeper.input.write(`${JSON.stringify(order)}\n`);
	let ending: Promise<void> | undefined;
	return {
		info,
		keeperPid: keeper.pid,
		over: keeper.exit,
		inject: name => tell({incident: name}),
		heal: () => tell({incident: null}),
		guardedBy: sessionFolder => tell({session: sessionFolder}),
		end() {
			ending ??= keeper.end().then(async () => {
				// A keeper that was killed could end neither the proxy, which belongs to nobody, nor its folder.
				await endProxy(info.controlSocket);
				rmSync(info.folder, {recursive: true, force: true, maxRetries: 3});
			});
			return ending;
		},
	};
}
