import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FilesRemote } from '../../src/remote/files/files.ts';
import { openWebHdfs } from '../../src/remote/webhdfs/webhdfs.ts';
import { collected, sha256, storesWhole } from '../remote/contract.ts';
import { type Fault, type FaultyS3, seededFaults, startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithHadoop } from '../support/hadoop.ts';

const MIB = 1024 * 1024;
const IMPATIENT = { attempts: 12, baseMs: 1, capMs: 10 };
const NETWORK: readonly Fault[] = ['drop', 'drop-answer', 'delay', '503', 'truncate'];
const nothing = () => undefined;

describeWithHadoop('HDFS through a faulty network', (server) => {
  let nameNode: FaultyS3;
  let folder: string;
  const dataNodes = new Map<string, FaultyS3>();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'varve-faulty-'));
    nameNode = await startFaultyS3(`http://127.0.0.1:${server.port}`, nothing, toDataNode);
  });
  afterEach(() => {
    nameNode.choose = nothing;
  });
  afterAll(async () => {
    for (const proxy of [nameNode, ...dataNodes.values()]) await proxy?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is sent to a DataNode meets the same faults. */
  const toDataNode = async (location: string): Promise<string> => {
    const { origin } = new URL(location);
    const proxy =
      dataNodes.get(origin) ?? (await startFaultyS3(origin, (request) => nameNode.choose(request)));
    dataNodes.set(origin, proxy);
    return location.replace(origin, proxy.endpoint);
  };
  const seen = () => [nameNode, ...dataNodes.values()].flatMap((proxy) => proxy.seen);

  const open = async (policy = IMPATIENT) => {
    const port = Number(new URL(nameNode.endpoint).port);
    const path = await server.makeFolder();
    const place = { kind: 'webhdfs', host: '127.0.0.1', port, user: 'ann', path } as const;
    return new FilesRemote(openWebHdfs(place), 'webhdfs://x', policy);
  };

  test.each([1, 2])('what is stored is stored whole, what is read is right (seed %d)', async (seed) => {
    const remote = await open();
    nameNode.choose = seededFaults(seed, 0.25, NETWORK);
    await storesWhole(remote, { objects: 12, growth: 9000, jobs: 6 });
    const faults = new Set(seen().map(({ fault }) => fault));
    expect([...NETWORK].filter((fault) => !faults.has(fault))).toEqual([]);
    await remote.close();
  });

  test('a large file is read on from where the connection broke, and written whole', async () => {
    const remote = await open();
    const bytes = randomBytes(20 * MIB);
    const path = join(folder, 'large');
    writeFileSync(path, bytes);
    let writes = 0;
    nameNode.choose = ({ method, url }) =>
      method === 'PUT' && url.includes('op=CREATE') && ++writes === 2 ? 'drop' : undefined;
    await remote.write('large', { path, size: bytes.length }, { sha256: sha256(bytes) });
    expect(writes).toBeGreaterThan(2);
    let reads = 0;
    nameNode.choose = ({ url }) =>
      url.includes('op=OPEN') && ++reads % 2 === 0 && reads < 8 ? 'truncate' : undefined;
    expect(sha256(await collected(remote.stream('large')))).toBe(sha256(bytes));
    expect(reads).toBeGreaterThan(4);
    const left: string[] = [];
    for await (const { key } of remote.list('')) left.push(key);
    expect(left).toEqual(['large']);
    await remote.close();
  });

  test('a NameNode that keeps failing is given up with words', async () => {
    const remote = await open({ ...IMPATIENT, attempts: 3 });
    for (const fault of ['503', 'drop'] as const) {
      nameNode.choose = () => fault;
      const before = seen().length;
      await expect(remote.read('a')).rejects.toMatchObject({
        code: 'remote-unavailable',
        remedy: expect.stringMatching(/\.$/),
      });
      expect(seen().length - before).toBe(3);
    }
    await remote.close();
  });
});
