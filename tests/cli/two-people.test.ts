import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

type Change = 'same' | 'edited' | 'removed';

/** The other's change is in `main` and its data on the remote; ours lies in `repo`, and Git has brought the pointer. */
function twoPeople(dataset: string, files: Readonly<Record<string, { here: Change; there: Change }>>): void {
  box.repository();
  const path = (name: string) => (name === '' ? dataset : `${dataset}/${name}`);
  for (const name of Object.keys(files)) box.write(`repo/${path(name)}`, `base ${name}`);
  box.ok(['add', dataset]);
  box.git(['add', '-A']);
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.commit('base');
  box.ok(['push']);
  box.run('git', ['clone', '-q', 'repo', 'other'], '.');
  box.ok(['trust'], 'other');
  box.ok(['pull'], 'other');
  for (const folder of ['other', 'repo'] as const)
    for (const [name, change] of Object.entries(files)) {
      const what = folder === 'other' ? change.there : change.here;
      if (what === 'edited') box.write(`${folder}/${path(name)}`, `${folder} ${name}`);
      if (what === 'removed') rmSync(box.path(folder, path(name)));
    }
  box.ok(['add', dataset], 'other');
  box.git(['commit', '-qam', 'theirs', '--allow-empty'], 'other');
  box.ok(['push'], 'other');
  box.git(['pull', '-q', '../other', 'HEAD']);
}

const content = (path: string): string | undefined =>
  existsSync(box.path('repo', path)) ? readFileSync(box.path('repo', path), 'utf8') : undefined;

describe('a folder that two people changed', () => {
  const kinds: readonly Change[] = ['same', 'edited', 'removed'];
  const named = (here: Change, there: Change) => `${here}-here-${there}-there`;

  test('what both agree on comes together, and nothing of either is lost', () => {
    const files = Object.fromEntries(
      kinds.flatMap((here) =>
        kinds
          // Edited here, and changed there in another way, is what they do not agree on.
          .filter((there) => here !== 'edited' || there === 'same')
          .map((there) => [named(here, there), { here, there }]),
      ),
    );
    twoPeople('data', { ...files, 'never touched': { here: 'same', there: 'same' } });
    refused(box, ['add', 'data'], 'version-outdated', 'data');
    expect(box.ok(['status'])).toContain('varve checkout');
    box.ok(['pull']);
    const expected = {
      [named('same', 'same')]: `base ${named('same', 'same')}`,
      [named('same', 'edited')]: `other ${named('same', 'edited')}`,
      [named('same', 'removed')]: undefined,
      [named('edited', 'same')]: `repo ${named('edited', 'same')}`,
      [named('removed', 'same')]: undefined,
      // Both changed it, and bringing it back loses nothing.
      [named('removed', 'edited')]: `other ${named('removed', 'edited')}`,
      [named('removed', 'removed')]: undefined,
    };
    for (const [name, text] of Object.entries(expected)) expect(content(`data/${name}`), name).toBe(text);
    expect(box.json(['status']).datasets).toMatchObject([{ state: 'modified' }]);
    box.ok(['add', 'data']);
    rmSync(box.path('repo/data'), { recursive: true });
    box.ok(['checkout']);
    for (const [name, text] of Object.entries(expected)) expect(content(`data/${name}`), name).toBe(text);
  });

  test.each([
    ['edited', '--ours', 'repo x'],
    ['edited', '--theirs', 'other x'],
    ['removed', '--ours', 'repo x'],
    ['removed', '--theirs', undefined],
  ] as const)('edited here and %s there stops, and %s decides', (there, side, text) => {
    twoPeople('data', {
      x: { here: 'edited', there },
      y: { here: 'edited', there: 'same' },
      z: { here: 'same', there: 'edited' },
    });
    refused(box, ['add', 'data'], 'version-outdated', 'data');
    refused(box, ['pull'], 'changes-conflicting', 'data/x');
    expect(['x', 'y', 'z'].map((name) => content(`data/${name}`))).toEqual(['repo x', 'repo y', 'base z']);
    box.ok(['checkout', side, 'data/x']);
    expect(['x', 'y', 'z'].map((name) => content(`data/${name}`))).toEqual([text, 'repo y', 'other z']);
    box.ok(['add', 'data']);
    expect(box.json(['status']).datasets).toMatchObject([{ state: 'unchanged' }]);
  });

  test('one file of it is not added over what the other did', () => {
    twoPeople('data', { x: { here: 'edited', there: 'same' }, y: { here: 'same', there: 'edited' } });
    refused(box, ['add', 'data/x'], 'version-outdated', 'data');
    box.ok(['pull']);
    box.ok(['add', 'data/x']);
    expect([content('data/x'), content('data/y')]).toEqual(['repo x', 'other y']);
    expect(box.json(['status']).datasets).toMatchObject([{ state: 'unchanged' }]);
  });

  test('whoever says so records what lies here in place of it', () => {
    twoPeople('data', { x: { here: 'edited', there: 'edited' }, y: { here: 'removed', there: 'same' } });
    box.ok(['add', '--replace', 'data']);
    rmSync(box.path('repo/data'), { recursive: true });
    box.ok(['checkout']);
    expect([content('data/x'), content('data/y')]).toEqual(['repo x', undefined]);
  });
});

describe('a file that two people changed', () => {
  test.each([
    ['same', 'edited', 'other '],
    ['same', 'same', 'base '],
    ['edited', 'same', 'repo '],
    ['removed', 'edited', 'other '],
  ] as const)('%s here and %s there comes together', (here, there, text) => {
    twoPeople('data/x', { '': { here, there } });
    box.ok(['pull']);
    expect(content('data/x')).toBe(text);
  });

  test.each([
    ['--ours', 'repo '],
    ['--theirs', 'other '],
  ])('edited on both sides stops, and %s decides', (side, text) => {
    twoPeople('data/x', { '': { here: 'edited', there: 'edited' } });
    refused(box, ['add', 'data/x'], 'version-outdated', 'data/x');
    refused(box, ['pull'], 'changes-conflicting', 'data/x');
    box.ok(['pull', side]);
    expect(content('data/x')).toBe(text);
    box.ok(['add', 'data/x']);
    expect(box.json(['status']).datasets).toMatchObject([{ state: 'unchanged' }]);
  });
});
