import {join} from 'node:path';
import {type Controller, type ControllerOptions, startController} from '../../src/controller/controller.ts';
import {createSession, sessionFiles} from '../../src/journal/session-folder.ts';
import {plan} from './given.ts';
import {createScriptedRouter, type ScriptedRouter} from './scripted-router.ts';
import {createScriptedSource, type ScriptedSource} from './scripted-source.ts';

export type ControlledSession = {
	readonly controller: Controller;
	readonly router: ScriptedRouter;
	readonly source: ScriptedSource;
	readonly folder: string;
	readonly journal: string;
	readonly options: ControllerOptions;
};

export const newFolder = (home: string): string => {
	const created = createSession({sessionsFolder: join(home, 'sessions'), profile: 'test', version: '0', startedAtMs: Date.now()});
	if (!created.ok) throw new Error(created.error);
	return created.value.folder;
};

export const quickPolicies = {watchAfterEndMs: 0, splitReadEveryMs: 100} as const;

/** A plan that polls every 50 ms, for controllers by the system's clock. */
export const quickPlan = (over: Parameters<typeof plan>[0] = {}, policies: Parameters<typeof plan>[1] = {}) =>
	plan({pollMs: 50, ...over}, {...quickPolicies, ...policies});

/** Options for a controller on scripted ports; change what the test is about. */
export function controllerOptions(home: string, over: Partial<ControllerOptions> = {}): ControllerOptions {
	return {
		folder: newFolder(home),
		leasesFolder: join(home, 'leases'),
		plan: quickPlan(),
		by: 'ana',
		version: '0',
		source: createScriptedSource(),
		routers: [createScriptedRouter(`scripted ${home}`)],
		...over,
	};
}

/** Starts a controller on scripted ports, or throws its error. */
export async function startControlled(home: string, over: Partial<ControllerOptions> = {}): Promise<ControlledSession> {
	const options = controllerOptions(home, over);
	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	return {
		controller: started.value,
		router: options.routers[0] as ScriptedRouter,
		source: options.source as ScriptedSource,
		folder: options.folder,
		journal: sessionFiles(options.folder).journal,
		options,
	};
}
