import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

function everything(folder: string): string[] {
  return readdirSync(box.path(folder), { recursive: true, encoding: 'utf8' }).sort();
}

function indexOf(store: string): string {
  return everything(store).find((path) => path.endsWith('.idx'))!;
}

function failure(args: readonly string[]): unknown {
  const { code, out, err } = box.varve([...args, '--json']);
  expect(code, out + err).toBe(2);
  return (JSON.parse(out) as { error: unknown }).error;
}

/** A file as old as no unfinished write is. */
function old(path: string): void {
  utimesSync(box.write(path, 'thesis'), 0, 0);
}

test('a cache in a folder with files of others: no command removes or adds any, and the message says why', () => {
  box.write('repo/data/x.csv', 'a\n1\n');
  box.ok(['add', 'data']);
  old('home/tmp/thesis.tex');
  old('home/objects/ab/0123456789');
  box.write('repo/.varve/config.local.yaml', `cache: ${box.path('home')}\n`);
  box.ok(['trust']);
  const before = everything('home');
  box.write('repo/data/y.csv', 'a\n1\n');
  for (const args of [
    ['add', 'data'],
    ['gc', '--grace', '0'],
  ]) {
    const { code, err } = box.varve(args);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('no store of varve') });
    expect(err).toContain(box.path('home'));
    expect(err).toContain('Name a new or an empty folder');
  }
  expect(everything('home')).toEqual(before);
  // What the message says.
  box.write('repo/.varve/config.local.yaml', `cache: ${box.path('home/varve-cache')}\n`);
  box.ok(['trust']);
  box.ok(['add', 'data']);
  box.ok(['gc', '--grace', '0']);
  expect(everything('home').filter((path) => !path.startsWith('varve-cache'))).toEqual(before);
});

test('another repository’s .git as the cache: gc takes none of its objects', () => {
  box.repository('other');
  box.write('other/file', 'precious');
  box.commit('precious', 'other');
  box.write('repo/.varve/config.local.yaml', `cache: ${box.path('other/.git')}\n`);
  box.ok(['trust']);
  const before = everything('other');
  for (const args of [
    ['gc', '--grace', '0'],
    ['gc', '--grace', '0', '--dry-run'],
    ['verify'],
    ['gc', '--grace', '0'],
  ]) {
    box.varve(args);
    expect(everything('other')).toEqual(before);
  }
  expect(box.varve(['gc', '--grace', '0'])).toMatchObject({ code: 2 });
  expect(box.git(['fsck', '--full'], 'other')).toBe('');
});

test('in a store of its own, gc leaves what has another name', () => {
  box.write('repo/data/x.csv', 'a\n1\n');
  box.ok(['add', 'data']);
  const foreign = ['packs/mine.pack', 'objects/ab/mine', 'tmp/thesis.tex', 'thesis.tex'];
  for (const path of foreign) old(`repo/.git/varve/cache/${path}`);
  rmSync(box.path('repo/data.varve'));
  box.ok(['gc', '--grace', '0']);
  expect(everything('repo/.git/varve/cache').filter((path) => foreign.includes(path))).toEqual(
    [...foreign].sort(),
  );
  expect(everything('repo/.git/varve/cache').some((path) => /^packs\/[0-9a-f]{64}/.test(path))).toBe(false);
});

test('a folder with files of others is no remote; a store of an earlier version is one, and gets the marker', () => {
  box.write('repo/data/x.csv', 'a\n1\n');
  box.ok(['add', 'data']);
  box.commit('one');
  box.ok(['remote', 'add', 'origin', box.path('shared')]);
  old('shared/thesis.tex');
  expect(box.varve(['push'])).toMatchObject({ code: 2, err: expect.stringContaining('thesis.tex') });
  expect(box.varve(['gc', '--remote', 'origin', '--grace', '0'])).toMatchObject({ code: 2 });
  expect(everything('shared')).toEqual(['thesis.tex']);
  rmSync(box.path('shared/thesis.tex'));
  box.ok(['push']);
  rmSync(box.path('shared/varve-store.json'));
  old('shared/thesis.tex');
  box.write('repo/data/x.csv', 'a\n2\n');
  box.ok(['add', 'data']);
  box.ok(['push']);
  expect(readFileSync(box.path('shared/varve-store.json'), 'utf8')).toBe('{"version":1}\n');
  expect(everything('shared')).toContain('thesis.tex');
});

test('a store of a newer varve: whatever would change it refuses in words, and changes nothing', () => {
  box.withRemote();
  box.write('repo/data/x.csv', 'a\n1\n');
  box.ok(['add', 'data']);
  box.commit('one');
  box.ok(['push']);
  box.write('remote/varve-store.json', '{"version":2,"more":true}\n');
  const before = everything('remote');
  const collecting = ['gc', '--remote', 'origin', '--grace', '0'];
  for (const args of [collecting, ['push']]) {
    // A clone remembers which remotes carry the marker.
    rmSync(box.path('repo/.varve/index'), { recursive: true, force: true });
    expect(failure(args)).toMatchObject({
      code: 'store-too-new',
      remedy: expect.stringContaining('Upgrade'),
    });
    expect(everything('remote')).toEqual(before);
  }
  box.write('remote/varve-store.json', '{"version":1}\n');

  // Whoever looks at no marker reads the index, which says the version too.
  const bytes = readFileSync(box.path(`remote/${indexOf('remote')}`));
  bytes.writeUInt32LE(3, 8);
  const newer = `remote/index/${createHash('sha256').update(bytes).digest('hex')}.idx`;
  box.write(newer, bytes);
  for (const args of [
    collecting,
    [...collecting, '--dry-run'],
    ['push'],
    ['verify', '--remote', 'origin'],
    ['fetch'],
  ]) {
    expect(failure(args)).toMatchObject({
      code: 'index-too-new',
      remedy: expect.stringContaining('Upgrade'),
    });
    expect(everything('remote').filter((path) => !/^(refs|clones|clock)/.test(path))).toEqual(
      [...before.filter((path) => !/^(refs|clones|clock)/.test(path)), newer.slice('remote/'.length)].sort(),
    );
  }
});

test('a store whose index is of version 1 is read and written', () => {
  box.withRemote();
  box.write('repo/data/x.csv', 'a\n1\n');
  box.ok(['add', 'data']);
  box.commit('one');
  box.ok(['push']);
  const index = indexOf('remote');
  const bytes = readFileSync(box.path(`remote/${index}`));
  expect(bytes.readUInt32LE(8)).toBe(2);
  bytes.writeUInt32LE(1, 8);
  rmSync(box.path(`remote/${index}`));
  box.write(`remote/index/${createHash('sha256').update(bytes).digest('hex')}.idx`, bytes);
  box.ok(['verify', '--remote', 'origin']);
  box.write('repo/data/y.csv', 'a\n2\n');
  box.ok(['add', 'data']);
  box.commit('two');
  box.ok(['push']);
  box.clone('repo', 'other');
  box.ok(['pull'], 'other');
  expect(readFileSync(box.path('other/data/x.csv'), 'utf8')).toBe('a\n1\n');
});

test('a folder that is there already and empty is a remote', () => {
  mkdirSync(box.path('remote'));
  box.withRemote();
  box.write('repo/data/x.csv', 'a\n1\n');
  box.ok(['add', 'data']);
  box.ok(['push']);
  expect(everything('remote')).toContain('varve-store.json');
});

describeWithMinio('a bucket', (server) => {
  test('a prefix with objects of others is no remote, and its own store carries the marker', async () => {
    const bucket = await server.makeBucket();
    Object.assign(box.env, server.env);
    const keys = async () => {
      const found: string[] = [];
      for await (const { name } of server.client.listObjectsV2(bucket, '', true)) found.push(name!);
      return found.sort();
    };
    await server.client.putObject(bucket, 'mine/objects/ab/thesis', 'x');
    await server.client.putObject(bucket, 'made-by-a-console/', '');
    box.write('repo/data/x.csv', 'a\n1\n');
    box.ok(['add', 'data']);
    box.commit('one');
    box.ok(['remote', 'add', 'foreign', `s3://${bucket}/mine`]);
    box.ok(['remote', 'add', 'own', `s3://${bucket}/made-by-a-console`]);
    const before = await keys();
    for (const args of [
      ['push', '--remote', 'foreign'],
      ['gc', '--remote', 'foreign', '--grace', '0'],
    ]) {
      expect(box.varve(args)).toMatchObject({ code: 2, err: expect.stringContaining('no store of varve') });
    }
    expect(await keys()).toEqual(before);
    box.ok(['push', '--remote', 'own']);
    expect(await keys()).toContain('made-by-a-console/varve-store.json');
    // Of an earlier version.
    await server.client.removeObject(bucket, 'made-by-a-console/varve-store.json');
    rmSync(box.path('repo/.varve/index'), { recursive: true });
    box.ok(['push', '--remote', 'own']);
    expect(await keys()).toContain('made-by-a-console/varve-store.json');
    await server.client.removeObject(bucket, 'made-by-a-console/varve-store.json');
    box.ok(['gc', '--remote', 'own', '--grace', '0']);
    expect(await keys()).toContain('made-by-a-console/varve-store.json');
    await server.client.putObject(bucket, 'made-by-a-console/varve-store.json', '{"version":2}');
    expect(failure(['gc', '--remote', 'own', '--grace', '0'])).toMatchObject({ code: 'store-too-new' });
    // What says nothing legible is a marker as it was to earlier versions.
    await server.client.putObject(bucket, 'made-by-a-console/varve-store.json', '');
    box.ok(['gc', '--remote', 'own', '--grace', '0']);
  });
});
