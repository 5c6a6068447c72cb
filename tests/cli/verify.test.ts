import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

function addAndCommit(content: string, message: string): void {
  box.write('repo/data/f.bin', content);
  box.ok(['add', 'data']);
  box.commit(message);
}

test('verify finds a flipped bit, in the cache and on the remote, names what it touches, and fetch mends it', () => {
  box.repository();
  box.withRemote();
  addAndCommit('precious bytes', 'v1');
  box.ok(['push']);
  expect(box.ok(['verify'])).toContain('whole');
  expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  const flip = (store: string) => {
    for (const name of readdirSync(box.path(store, 'packs'))) {
      const file = box.path(store, 'packs', name);
      const bytes = readFileSync(file);
      const at = bytes.indexOf('precious');
      if (at < 0) continue;
      bytes[at]! ^= 1;
      rmSync(file);
      writeFileSync(file, bytes);
    }
  };
  flip('repo/.varve/cache');
  type Damage = { damage: { roots: { path: string; files: string[] }[]; remedy: string }[] };
  const { damage } = box.json<Damage>(['verify'], 'repo', 1);
  expect(damage[0]!.roots[0]).toMatchObject({ path: 'data', files: ['f.bin'] });
  expect(box.varve(['verify'])).toMatchObject({ code: 1, out: expect.stringContaining('f.bin') });
  expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  rmSync(box.path('repo/data'), { recursive: true });
  box.ok(['pull']);
  expect(readFileSync(box.path('repo/data/f.bin'), 'utf8')).toBe('precious bytes');
  flip('remote');
  expect(box.json<Damage>(['verify', '--remote', 'origin'], 'repo', 1).damage[0]!.roots[0]).toMatchObject({
    path: 'data',
    files: ['f.bin'],
  });
});
