import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RemoteStatus } from '../../src/operations/backend/results.ts';
import { Sandbox as DvcSandbox, describeWithDvc } from '../support/dvc-sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

function addAndCommit(path: string, content: string, message: string): void {
  box.write(`repo/${path}`, content);
  box.ok(['add', 'data']);
  box.commit(message);
}

test('a push says what it does not send; status --remote and push --dry-run name it, until all is pushed', () => {
  box.repository().withRemote();
  addAndCommit('data/f.csv', 'id\n1\n', 'first');
  addAndCommit('data/f.csv', 'id\n2\n', 'second');
  box.git(['checkout', '-qb', 'side']);
  addAndCommit('data/f.csv', 'id\n3\n', 'third, on a branch');
  box.git(['checkout', '-q', 'main']);
  expect(box.json<RemoteStatus>(['status', '--remote'], 'repo', 1).lacking).toHaveLength(3);
  expect(box.ok(['push'])).toContain('Not sent: 2 versions of other commits, which origin lacks.');

  const dry = box.json<RemoteStatus>(['push', '--dry-run'], 'repo', 1);
  expect(dry).toMatchObject({ remote: { name: 'origin' }, versions: 3 });
  expect(dry.lacking.map(({ path, author, subject }) => [path, author, subject]).sort()).toEqual([
    ['data', 'Ann', 'first'],
    ['data', 'Ann', 'third, on a branch'],
  ]);
  expect(box.varve(['status', 'data', '--remote', 'origin'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('lacks 2 of 3 versions'),
  });

  box.ok(['push', '--all-commits']);
  expect(box.ok(['status', '--remote'])).toContain('has all of 3 versions');
  expect(box.ok(['push', '--dry-run'])).toContain('has all of 3 versions');
  expect(box.ok(['push'])).not.toContain('Not sent');

  // A clone that has no data asks as well, as CI does.
  box.clone('repo', 'clone');
  expect(box.json<RemoteStatus>(['status', '--remote'], 'clone').lacking).toEqual([]);
});

test('a version of which a pack is gone from the index is not taken for pushed', () => {
  box.repository().withRemote();
  addAndCommit('data/f.bin', 'first', 'first');
  box.ok(['push']);
  rmSync(box.path('remote/index'), { recursive: true });
  expect(box.json<RemoteStatus>(['push', '--dry-run'], 'repo', 1)).toMatchObject({
    versions: 1,
    lacking: [{ path: 'data', subject: 'first' }],
  });
});

describeWithDvc('a repository of DVC', () => {
  test('status --remote tells what DVC pushed, and what of other commits it did not', () => {
    const dvc = new DvcSandbox();
    try {
      dvc.repository();
      Object.assign(box.env, dvc.env);
      for (const version of ['one', 'two']) {
        dvc.write('repo/data/f.txt', version);
        dvc.dvc('repo', 'add', '-q', 'data');
        dvc.commit('repo', version);
      }
      const folder = `../${dvc.folder.split('/').at(-1)}/repo`;
      box.ok(['trust'], folder);
      dvc.dvc('repo', 'push', '-q');
      const { versions, lacking } = box.json<RemoteStatus>(['status', '--remote'], folder, 1);
      expect([versions, lacking.length]).toEqual([2, 1]);
      box.ok(['push', '--all-commits'], folder);
      expect(box.json<RemoteStatus>(['push', '--dry-run'], folder).lacking).toEqual([]);
    } finally {
      dvc.remove();
    }
  });
});
