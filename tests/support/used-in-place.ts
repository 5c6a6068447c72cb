import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { AddedInPlace } from './data-in-bucket.ts';
import { refused } from './refused.ts';
import type { Sandbox } from './sandbox.ts';

/** A place on a server that a test may write to. */
export interface WritablePlace {
  /** URL of a folder. */
  readonly url: string;
  /** Options of `varve add`. */
  readonly options?: readonly string[];
  put(path: string, content: string | Buffer): Promise<void> | void;
  remove(path: string): Promise<void> | void;
}

/**
 * The work of a day with data in place: added, pulled by a clone that agreed to it, changed there, added again.
 * @param box with a repository `repo`
 */
export async function usedInPlace(
  box: Sandbox,
  { url, options = [], put, remove }: WritablePlace,
): Promise<void> {
  const large = Buffer.alloc(700_000, 'all work and no play makes jack a dull boy\n');
  await put('raw/a.csv', 'id,name\n1,a\n2,b\n');
  await put('raw/sub/large.csv', large);
  await put('raw/sub/ü b+c.txt', 'known');
  await put('raw/sub/empty', '');
  await put('rawer/no.csv', 'not of it');
  const add = (place: string, to: string) =>
    box.json<AddedInPlace>(['add', place, '--to', to, ...options]).datasets[0]!;
  box.withRemote();
  const added = add(`${url}/raw`, 'data/raw');
  expect(added).toMatchObject({ change: 'new', files: 4, bytes: 16 + large.length + 5 });
  expect(add(`${url}/raw/`, 'data/raw')).toMatchObject({ change: 'unchanged', digest: added.digest });
  expect(add(`${url}/raw/a.csv`, 'data/one.csv')).toMatchObject({ files: 1, bytes: 16 });
  const pointer = readFileSync(box.path('repo/data/raw.varve'), 'utf8');
  expect(pointer).toContain(`varve: 5\n`);
  expect(pointer).toContain(`source: ${JSON.stringify(`${url}/raw`)}\n`);
  expect(box.json(['status'])).toBeDefined();
  box.commit('in place');
  box.ok(['push']);

  box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
  refused(box, ['pull', '--remote', 'origin'], 'settings-untrusted', 'remote', 'clone');
  box.ok(['trust'], 'clone');
  if (options.length > 0) box.ok(['remote', 'source', url, ...options], 'clone');
  box.ok(['pull'], 'clone');
  const data = (path: string) => readFileSync(box.path('clone/data', path));
  expect(data('raw/sub/large.csv').equals(large)).toBe(true);
  expect(data('raw/sub/ü b+c.txt').toString()).toBe('known');
  expect(data('raw/sub/empty')).toHaveLength(0);
  expect(data('one.csv').toString()).toBe('id,name\n1,a\n2,b\n');
  expect(box.ok(['status'], 'clone')).not.toContain('raw/a.csv');
  box.ok(['profile', 'data/raw'], 'clone');

  await put('raw/a.csv', 'id,name\n1,a\n2,b\n3,c\n');
  await put('raw/new.csv', 'id\n1\n');
  await remove('raw/sub/ü b+c.txt');
  refused(box, ['pull'], 'source-changed', `${url}/raw/`);
  expect(add(`${url}/raw`, 'data/raw')).toMatchObject({ change: 'changed', files: 4 });
  const { out } = box.varve(['diff', 'HEAD', '--json']);
  for (const path of ['a.csv', 'new.csv', 'sub/ü b+c.txt']) expect(out).toContain(path);
  box.ok(['pull', 'data/raw']);
  expect(readFileSync(box.path('repo/data/raw/a.csv'), 'utf8')).toContain('3,c');
  const { inPlace } = box.json<{ inPlace: unknown }>(['update']);
  expect(inPlace).toContainEqual({ path: 'data/raw', source: `${url}/raw` });
  expect(box.ok(['update'])).toContain(`varve add ${url}/raw --to data/raw`);
  expect(refused(box, ['update', 'data/raw'], 'import-missing', `${url}/raw`)).toContain(
    `\`varve add ${url}/raw --to data/raw\` takes what lies there now`,
  );
  box.ok(['add', `${url}/raw`, '--to', 'data/raw']);
  // A web server may have files there all the same.
  const absent = url.startsWith('http') ? 'listing-missing' : 'path-missing';
  refused(box, ['add', `${url}/nothing`, '--to', 'data/none', ...options], absent, '/nothing');
}
