import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { FilesRemote } from '../../src/remote/files/files.ts';
import { openSsh } from '../../src/remote/ssh/ssh.ts';
import { collected, sha256, storesWhole } from '../remote/contract.ts';
import { type FaultyTcp, seededBreaks, startFaultyTcp } from '../support/faulty-tcp.ts';
import { describeWithSshd } from '../support/sshd.ts';

const MIB = 1024 * 1024;
const IMPATIENT = { attempts: 12, baseMs: 1, capMs: 10 };

describeWithSshd('SFTP through a faulty network', (server) => {
  let faulty: FaultyTcp;
  let folder: string;
  beforeAll(async () => {
    faulty = await startFaultyTcp(server.port);
    folder = mkdtempSync(join(tmpdir(), 'varve-faulty-'));
    vi.stubEnv('HOME', server.home);
    vi.stubEnv('SSH_AUTH_SOCK', undefined);
    const known = join(server.home, '.ssh', 'known_hosts');
    writeFileSync(known, `${readFileSync(known, 'utf8')}[127.0.0.1]:${faulty.port} ${server.hostKey}\n`);
  });
  afterEach(() => {
    faulty.breakAfter = () => undefined;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await faulty?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (policy = IMPATIENT) => {
    const path = server.makeFolder();
    const place = { kind: 'ssh', host: '127.0.0.1', port: faulty.port, user: server.user, path } as const;
    return new FilesRemote(openSsh(place), 'ssh://x', policy);
  };

  test.each([1, 2])('what is stored is stored whole, what is read is right (seed %d)', async (seed) => {
    const remote = open();
    // A handshake takes about 5 KB, which always get through, or nothing ever would.
    faulty.breakAfter = seededBreaks(seed, 20_000, 300_000);
    await storesWhole(remote, { objects: 12, growth: 15_000, jobs: 1 });
    expect(faulty.connections).toBeGreaterThan(3);
    await remote.close();
  });

  test('a large file is read on from where the connection broke, and written whole', async () => {
    const remote = open({ ...IMPATIENT, attempts: 3 });
    const bytes = randomBytes(40 * MIB);
    const path = join(folder, 'large');
    writeFileSync(path, bytes);
    await remote.write('large', { path, size: bytes.length }, { sha256: sha256(bytes) });
    faulty.drop();
    faulty.breakAfter = seededBreaks(7, 6 * MIB, 9 * MIB);
    const before = faulty.connections;
    expect(sha256(await collected(remote.stream('large')))).toBe(sha256(bytes));
    expect(faulty.connections - before).toBeGreaterThan(3);
    await remote.close();
  });

  test('a server that is never reached is given up with words', async () => {
    const remote = open({ ...IMPATIENT, attempts: 3 });
    faulty.breakAfter = () => 1;
    const before = faulty.connections;
    await expect(remote.read('a')).rejects.toMatchObject({
      code: 'remote-unavailable',
      remedy: expect.stringMatching(/\.$/),
    });
    expect(faulty.connections - before).toBe(3);
    await remote.close();
  });
});
