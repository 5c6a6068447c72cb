import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImportedDataset } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository('registry').withRemote('registry').repository();
});
afterEach(() => box.remove());

function publish(text: string): string {
  box.write('registry/data/a.csv', text);
  box.write('registry/data/folder/x.txt', text);
  box.ok(['add', 'data/a.csv', 'data/folder'], 'registry');
  const commit = box.commit('published', 'registry');
  box.ok(['push'], 'registry');
  return commit;
}

const read = (path: string) => readFileSync(box.path('repo', path), 'utf8');

test('a dataset of another working tree, pinned at a commit, from its cache', () => {
  const commit = publish('a\n1\n');
  const { out, err } = box.varve(['import', '../registry', 'data/a.csv', '--to', 'tables/', '--json']);
  // Nothing is left to do: the line in .gitignore is there before the data.
  expect(err).toBe('');
  const taken: ImportedDataset = JSON.parse(out);
  expect(taken).toMatchObject({ to: 'tables/a.csv', path: 'data/a.csv', repository: '../registry', commit });
  expect(read('tables/a.csv')).toBe('a\n1\n');
  expect(read('tables/a.csv.varve')).toContain('imported-from: "../registry"');
  expect(read('tables/.gitignore')).toBe('/a.csv\n');
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.varve(['import', '../registry', 'data/folder'])).toMatchObject({ code: 0, err: '' });
  // The statistics came with it, and it stays imported as long as it is the same.
  expect(read('tables/a.csv.varve')).toMatch(/^profile: sha256:/m);
  box.ok(['add', 'tables/a.csv']);
  expect(read('tables/a.csv.varve')).toContain('imported-commit');
  refused(box, ['import', '../registry', 'data/folder/x.txt'], 'usage', 'data/folder/x.txt');
  refused(box, ['import', '../registry', 'data/none'], 'dataset-missing', 'data/none');
  box.write('repo/mine.csv', 'mine');
  refused(box, ['import', '../registry', 'data/a.csv', '--to', 'mine.csv'], 'path-taken', 'mine.csv');
});

test('from a clone: its remote asks for consent as in any clone, and nothing there can run a program', () => {
  publish('a\n1\n');
  box.git(['tag', 'v1'], 'registry');
  publish('a\n2\n');
  box.write('hook.sh', `#!/bin/sh\ntouch ${box.path('ran')}\n`);
  box.run('chmod', ['+x', 'hook.sh'], '.');
  box.git(['config', 'uploadpack.packObjectsHook', box.path('hook.sh')], 'registry');
  const url = `file://${box.path('registry')}`;
  const said = refused(box, ['import', url, 'data/folder@v1'], 'settings-untrusted', 'config.yaml');
  expect(said).toContain(`varve trust --repository ${url}`);
  box.ok(['trust', '--repository', url]);
  box.ok(['import', url, 'data/folder@v1', '--to', 'old']);
  expect(read('old/x.txt')).toBe('a\n1\n');
  expect(read('old.varve')).toContain('imported-revision: v1');
  expect(existsSync(box.path('ran'))).toBe(false);
  for (const address of ['ext::sh -c id', '--upload-pack=id', 'https://user:secret@example.org/x']) {
    const { code, err, out } = box.varve(['import', '--json', '--', address, 'data/a.csv']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'address-invalid' } });
    expect(err).not.toContain('secret');
  }
});
