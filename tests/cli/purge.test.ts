import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PurgeResult, TransferResult, VerifyResult } from '../../src/index.ts';
import { describeWithMinio } from '../support/minio.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

/** Bytes that nothing else holds, in a place of their own in the middle of a file and as a value that statistics show. */
const SECRET = 'ann@example.org-4711-secret';
const people = (names: readonly string[]) =>
  `id,mail\n${names.map((name, at) => `${at},${name}`).join('\n')}\n`;
const OTHERS = ['bob@example.org', 'eve@example.org'];

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

/** v1: two datasets, in one of which lies the file with the secret. v2: without it, and with a large file of which most stays. */
function twoVersions(): void {
  const large = randomBytes(1_500_000);
  box.write('repo/data/people.csv', people([...OTHERS, SECRET]));
  box.write('repo/data/large.bin', Buffer.concat([large, Buffer.from(SECRET)]));
  box.write('repo/data/other.csv', 'id\n1\n');
  box.write('repo/alone.csv', people([SECRET]));
  box.write('repo/apart.csv', 'id\n7\n');
  box.ok(['add', 'data', 'alone.csv', 'apart.csv']);
  box.commit('v1');
  box.git(['tag', 'v1']);
  box.ok(['push']);
  box.write('repo/data/people.csv', people(OTHERS));
  box.write('repo/data/large.bin', large);
  box.write('repo/alone.csv', people(OTHERS));
  box.ok(['add', 'data', 'alone.csv']);
  box.commit('v2');
  box.ok(['push']);
}

const PURGED = ['data/people.csv@v1', 'data/large.bin@v1', 'alone.csv@v1'];
const purge = (...args: string[]) => box.json<PurgeResult>(['purge', ...PURGED, ...args]);

/** Files below a folder that hold the secret. */
function holding(...folder: string[]): string[] {
  const root = box.path(...folder);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(SECRET));
}

/** What holds for a clone whose cache is empty, once v1 was purged. */
function expectOtherVersionsWhole(folder: string): void {
  box.ok(['pull'], folder);
  expect(readFileSync(box.path(folder, 'data/people.csv'), 'utf8')).toBe(people(OTHERS));
  const verified = box.json<VerifyResult>(['verify', '--remote', 'origin'], folder);
  expect({ damage: verified.damage, absent: verified.absent }).toEqual({ damage: [], absent: [] });
  // Of the purged version, all else is readable.
  expect(box.ok(['cat', 'data/other.csv@v1'], folder)).toBe('id\n1\n');
  expect(box.ok(['cat', 'apart.csv@v1'], folder)).toBe('id\n7\n');
  expect(box.json(['status', '--remote', 'origin'], folder)).toMatchObject({ lacking: [] });
}

describe('after a purge from a remote that is a folder', () => {
  beforeEach(() => {
    box.withRemote();
    twoVersions();
    box.clone('repo', 'old');
    box.git(['checkout', '-q', 'v1'], 'old');
    box.ok(['pull'], 'old');
  });

  test('no file of remote, cache or notes holds the bytes, and the other versions are whole', () => {
    expect(holding('remote').length).toBeGreaterThan(0);
    expect(holding('repo', '.git', 'varve').length).toBeGreaterThan(0);
    const before = holding('remote').length;
    const dry = box.json<PurgeResult>(['purge', ...PURGED, '--dry-run'], 'repo', 1);
    expect(box.varve(['purge', ...PURGED, '--dry-run']).out).toContain('could not be checked out whole');
    expect(dry.places.map(({ keys }) => keys.length > 0)).toEqual([true, true]);
    expect(holding('remote')).toHaveLength(before);

    const { versions, places, digests } = purge();
    expect(versions.map(({ path }) => path).sort()).toEqual(['alone.csv', 'data']);
    // The files, and the statistics of both versions.
    expect(digests).toHaveLength(5);
    expect(places.map(({ remote }) => remote?.name ?? 'cache')).toEqual(['origin', 'cache']);
    expect([...holding('remote'), ...holding('repo')]).toEqual([]);
    // Most of the large file is in v2 too, and stays.
    expect(places[0]!.sharedWith).toMatchObject([{ path: 'data', file: 'large.bin' }]);
    expect(places[0]!.sharedBytes).toBeGreaterThan(1_000_000);

    expect(box.json<VerifyResult>(['verify']).damage).toEqual([]);
    box.clone('repo', 'fresh');
    expectOtherVersionsWhole('fresh');
    expect(box.ok(['purge', ...digests, '--dry-run'])).toContain(
      `origin (${box.path('remote')}) holds none of these bytes.`,
    );
    for (const grace of ['14d', '0', '0']) box.ok(['gc', '--remote', 'origin', '--grace', grace]);
    box.clone('repo', 'later');
    expectOtherVersionsWhole('later');
  });

  test('a clone that has not got it is told so, and gets what else it asks for', () => {
    const { digests } = purge();
    box.clone('repo', 'late');
    box.git(['checkout', '-q', 'v1'], 'late');
    for (const path of ['alone.csv', 'data']) {
      const said = refused(box, ['pull', path], 'object-purged', path, 'late');
      expect(said).toContain('was purged: its bytes had to go');
      expect(said).toContain(box.path('remote'));
    }
    const pulled = box.varve(['pull', '--json'], 'late');
    expect(pulled.code).toBe(1);
    const { fetched } = JSON.parse(pulled.out) as { fetched: TransferResult };
    expect(fetched.lacking!.map(({ path, purged }) => [path, purged]).sort()).toEqual([
      ['alone.csv', true],
      ['data', true],
    ]);
    expect(readFileSync(box.path('late/apart.csv'), 'utf8')).toBe('id\n7\n');
    expect(box.varve(['pull'], 'late').out).toContain('was purged from origin, and nobody can bring it');
    expect(box.ok(['fetch', '--all-commits'], 'late')).toContain(
      'Left out: data/people.csv, which was purged',
    );
    expect(digests.every((digest) => box.varve(['purge', digest, '--dry-run'], 'late').code === 0)).toBe(
      true,
    );
  });

  test('a clone that still has it can push everything but that, and removes it from its own cache by the same command', () => {
    const { digests } = purge();
    const said = refused(box, ['push'], 'object-purged', 'alone.csv', 'old');
    expect(said).toContain('varve purge sha256:');
    const pushed = box.json<TransferResult>(['push', '--all-commits'], 'old');
    expect(pushed.purged!.map(({ path }) => path).sort()).toEqual(
      expect.arrayContaining(['alone.csv', 'data/large.bin', 'data/people.csv']),
    );
    expect(holding('remote')).toEqual([]);
    box.git(['checkout', '-q', 'main'], 'old');
    box.ok(['pull'], 'old');
    box.ok(['push'], 'old');
    box.ok(['purge', '--cache-only', ...digests], 'old');
    expect(holding('old')).toEqual([]);
    expect(box.json<VerifyResult>(['verify'], 'old').damage).toEqual([]);
    expect(box.ok(['status'], 'old')).toContain('nothing changed');
  });
});

describe('purge refuses', () => {
  beforeEach(() => {
    box.withRemote();
    box.write('repo/a.csv', people([SECRET]));
    box.ok(['add', 'a.csv']);
    box.commit('v1');
    box.ok(['push']);
  });

  test('what a branch, the index or a working tree still names, unless it is forced', () => {
    refused(box, ['purge', 'a.csv'], 'purge-in-use', 'a.csv');
    box.git(['branch', 'side']);
    box.git(['rm', '-q', '--cached', 'a.csv.varve']);
    rmSync(box.path('repo/a.csv.varve'));
    box.commit('gone');
    refused(box, ['purge', 'a.csv@side'], 'purge-in-use', 'a.csv');
    expect(holding('remote')).not.toEqual([]);
    box.ok(['purge', '--force', 'a.csv@side']);
    expect(holding('remote')).toEqual([]);
  });

  test('names that lead to no file, and a remote that is none', () => {
    refused(box, ['purge', 'b.csv'], 'dataset-missing', 'b.csv');
    refused(box, ['purge', 'a.csv', '--remote', 'nowhere'], 'remote-unknown', 'nowhere');
    box.ok(['remote', 'remove', 'origin']);
    refused(box, ['purge', 'a.csv'], 'remote-unset', '.varve/config.yaml');
    expect(box.varve(['purge', 'a.csv', '--cache-only', '--dry-run']).code).toBe(1);
  });
});

describeWithMinio('purging a bucket', (server) => {
  async function objectsOf(bucket: string): Promise<string[]> {
    const holdingIt: string[] = [];
    for await (const { name } of server.client.listObjectsV2(bucket, '', true))
      if ((await buffer(await server.client.getObject(bucket, name))).includes(SECRET)) holdingIt.push(name);
    return holdingIt;
  }

  test('no object holds the bytes, and the other versions are whole', async () => {
    Object.assign(box.env, server.env);
    const bucket = await server.makeBucket();
    box.ok(['remote', 'add', 'origin', `s3://${bucket}/store`]);
    twoVersions();
    expect(await objectsOf(bucket)).not.toEqual([]);
    const { places } = purge();
    expect(places[0]!.keepsVersions).toBeUndefined();
    expect(await objectsOf(bucket)).toEqual([]);
    box.clone('repo', 'fresh');
    expectOtherVersionsWhole('fresh');
    box.git(['checkout', '-q', 'v1'], 'fresh');
    refused(box, ['pull', 'alone.csv'], 'object-purged', 'alone.csv', 'fresh');
  });

  test('that keeps versions: what stays is named, and nothing stays once the versions of those keys are removed', async () => {
    Object.assign(box.env, server.env);
    const bucket = await server.makeBucket({ versioned: true });
    box.ok(['remote', 'add', 'origin', `s3://${bucket}/store`]);
    twoVersions();
    const { places } = purge();
    expect(places[0]).toMatchObject({ keepsVersions: true });
    expect(box.varve(['purge', ...PURGED, '--dry-run']).out).toContain('keeps old versions');
    const keys = new Set(places[0]!.keys.map((key) => `store/${key}`));
    let removed = 0;
    const left: string[] = [];
    for await (const one of server.client.listObjects(bucket, '', true, { IncludeVersion: true })) {
      const { name, versionId, isDeleteMarker } = one as {
        name: string;
        versionId: string;
        isDeleteMarker?: boolean;
      };
      if (keys.has(name)) {
        await server.client.removeObject(bucket, name, { versionId });
        removed += 1;
      } else if (!isDeleteMarker) {
        const bytes = await buffer(await server.client.getObject(bucket, name, { versionId }));
        if (bytes.includes(SECRET)) left.push(name);
      }
    }
    expect(removed).toBeGreaterThan(0);
    expect(left).toEqual([]);
    box.clone('repo', 'fresh');
    expectOtherVersionsWhole('fresh');
  });
});

test('a repository of DVC is told what to do in its place', () => {
  box.git(['init', '-q', box.path('dvc')], '.');
  box.write('dvc/.dvc/config', '');
  refused(box, ['purge', `sha256:${'0'.repeat(64)}`], 'dvc-unsupported', 'purge', 'dvc');
  refused(box, ['purge', 'a.csv'], 'dvc-unsupported', 'purge', 'dvc');
});
