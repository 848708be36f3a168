import {posix} from 'node:path';
import {bannedInPure, floors, pureFolders} from './floors.ts';

const folderOf = (path: string): string =>
	Object.keys(floors).find(folder => path.startsWith(`${folder}/`)) ?? posix.dirname(path);

/** Code without comments: a comment may name what the code may not do. */
const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

/** One sentence per breach of the floors, each naming the remedy. */
export function tidy(path: string, text: string): string[] {
	const folder = folderOf(path);
	const below = floors[folder] ?? [];
	const breaches: string[] = [];
	for (const [, target = ''] of text.matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
		const reached = folderOf(posix.join(posix.dirname(path), target));
		if (reached !== folder && !below.includes(reached)) {
			breaches.push(`${path} imports ${reached}, but ${folder} stands only on: ${below.join(', ') || 'nothing'}`);
		}
	}
	if (!pureFolders.includes(folder)) return breaches;
	const code = withoutComments(text);
	for (const [banned, instead] of bannedInPure) {
		const found = banned.exec(code);
		if (found) breaches.push(`${path} uses ${found[0].trim()}; use ${instead}`);
	}
	return breaches;
}
