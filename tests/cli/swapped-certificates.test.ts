import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DatabaseServer,
  describeWithPostgresql,
  type Identity,
  identityOf,
  startPostgresql,
} from '../support/databases.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';
import { freePort } from '../support/server-process.ts';

/** Loaded before varve: once the file has been read so often, it has the certificates of another authority. */
const SWAPPING = `
const fs = require('node:fs');
const { readFileSync } = fs;
const { SWAPPED, OTHER, AFTER } = process.env;
let reads = 0;
fs.readFileSync = (path, ...more) => {
  const read = readFileSync(path, ...more);
  if (path === SWAPPED && ++reads === Number(AFTER)) fs.copyFileSync(OTHER, SWAPPED);
  return read;
};
`;

describeWithPostgresql(() => {
  const box = new Sandbox();
  let agreed: Identity;
  let stranger: Identity;
  let server: DatabaseServer;
  let url: string;
  beforeAll(async () => {
    box.repository();
    agreed = identityOf('IP:127.0.0.1');
    stranger = identityOf('IP:127.0.0.1');
    const port = await freePort();
    server = await startPostgresql({
      ...{ listen_addresses: 'localhost', port: String(port), ssl: 'on' },
      ...{ ssl_cert_file: stranger.certificate, ssl_key_file: stranger.key },
    });
    server.run('CREATE TABLE x (id INT PRIMARY KEY); INSERT INTO x VALUES (1)');
    url = `postgresql://ann@127.0.0.1:${port}/postgres`;
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    box.remove();
    for (const { folder } of [agreed, stranger]) rmSync(folder, { recursive: true });
  });

  test('the certificates that are agreed to are those that a server is held against, whenever somebody swaps the file', () => {
    const file = box.write('repo/ca.pem', readFileSync(stranger.authority, 'utf8'));
    box.ok(['add', `${url}?sslrootcert=ca.pem`, '--table', 'x', '--to', 'x.csv']);
    writeFileSync(file, readFileSync(agreed.authority));
    box.ok(['trust', '--revoke']);
    box.ok(['trust']);
    const preload = box.write('swapping.cjs', SWAPPING);
    const swapped = (after: number) => {
      writeFileSync(file, readFileSync(agreed.authority));
      Object.assign(box.env, { SWAPPED: file, OTHER: stranger.authority, AFTER: String(after) });
      return box.run(process.execPath, ['--require', preload, BINARY, 'update', '--json']);
    };
    const ends: string[] = [];
    // As often as it is read at most, and once more.
    for (let after = 1; after <= 5; after++) {
      const { code, out } = swapped(after);
      expect([after, code], out).toEqual([after, 2]);
      ends.push(JSON.parse(out).error.code);
    }
    expect(ends).toContain('settings-untrusted');
    expect(ends.at(-1)).toBe('tls-refused');
  }, 60_000);
});
