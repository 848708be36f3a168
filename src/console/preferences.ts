import Conf from 'conf';

/** What a person chose, kept for the next time. Nothing of any session. */
export type Preferences = {
	readonly theme: string;
	readonly bell: boolean;
	readonly zoomed: boolean;
	readonly focus: string;
	readonly operator: string;
};

export type PreferenceStore = {
	get(): Partial<Preferences>;
	/** Never throws: a full disk keeps nobody from looking. */
	set(change: Partial<Preferences>): void;
};

/** In the platform's folder for configuration, or in `$CANARY_HOME`. A file that can't be read or parsed is as none. */
export function openPreferences(env: Readonly<Record<string, string | undefined>> = process.env): PreferenceStore {
	try {
		const folder = env['CANARY_HOME'];
		const conf = new Conf<Partial<Preferences>>({
			projectName: 'canary-console',
			projectSuffix: '',
			configName: 'preferences',
			clearInvalidConfig: true,
			...(folder && {cwd: folder}),
		});
		return {
			get: () => checked(conf.store),
			set(change) {
				try {
					conf.set(change);
				} catch {
					// The screen shows the choice all the same; it is only not kept.
				}
			},
		};
	} catch {
		return {get: () => ({}), set: () => {}};
	}
}

/** Somebody may have edited the file. */
function checked({theme, bell, zoomed, focus, operator}: Partial<Record<keyof Preferences, unknown>>): Partial<Preferences> {
	return {
		...(typeof theme === 'string' && {theme}),
		...(typeof bell === 'boolean' && {bell}),
		...(typeof zoomed === 'boolean' && {zoomed}),
		...(typeof focus === 'string' && {focus}),
		...(typeof operator === 'string' && {operator}),
	};
}
