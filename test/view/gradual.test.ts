import {expect, test} from 'vitest';
import {liveLink} from '../../src/view/scene.ts';
import {nothingSpoken, speech} from '../../src/view/speech.ts';
import {titleOf, verdictOf} from '../../src/view/verdict.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {gradualSession, healthySession} from '../helpers/fake-session.ts';

test('a screen reader hears that it goes down, how far, and each step', () => {
	const before = speech(sceneOf(healthySession()), nothingSpoken).spoken;
	const {lines, spoken} = speech(sceneOf(gradualSession()), before);
	const said = lines.join('\n');
	expect(said).toContain('ROLLING BACK GRADUALLY: 5 % → 0 %: step 2/5, next 3 % → 2 % in');
	expect(said).toContain('step 1/5 down: the router reads 4 %');
	// What only counts down is not said again.
	expect(speech(sceneOf(gradualSession().poll(3)), spoken).lines).toEqual([]);
});

test('a breach goes before it, missing data does not', () => {
	expect(verdictOf(sceneOf(gradualSession().poll(40, {sse: null, ttfv: null})))).toMatchObject({word: 'ROLLING BACK GRADUALLY'});
	expect(verdictOf(sceneOf(gradualSession().poll(5, {sse: 90})))).toMatchObject({word: 'BREACHING', level: 'bad'});
});

test('in a replay, too; and the title of the terminal says it first', () => {
	const scene = sceneOf(gradualSession(), {link: {...liveLink, replay: true}});
	expect(seen(scene)).toContain('ROLLING BACK GRADUALLY');
	expect(titleOf(scene)).toBe('ROLLING BACK GRADUALLY 3% relay-r1');
});
