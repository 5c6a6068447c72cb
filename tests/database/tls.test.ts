import type { PeerCertificate } from 'node:tls';
import { expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../src/database/address.ts';
import { type ClientTls, tlsOptions } from '../../src/database/tls.ts';

const NOTHING = { mode: undefined, modePlace: 'PGSSLMODE', authority: undefined };

test('traffic to another machine is encrypted with proof, also where settings of clients name it', () => {
  const url = parseDatabaseUrl('postgresql:///shop');
  expect(tlsOptions(url, 'db.example', NOTHING)).toMatchObject({ rejectUnauthorized: true });
  for (const here of ['localhost', '127.0.0.1', '::1', '/run/postgresql'])
    expect(tlsOptions(url, here, NOTHING)).toBeUndefined();
});

test('what the URL says comes before what clients are set to, and that before the default', () => {
  const asked = (more: string, mode: string | undefined, server = 'db.example') =>
    tlsOptions(parseDatabaseUrl(`postgresql://h/shop${more}`), server, { ...NOTHING, mode });
  expect(asked('?sslmode=disable', 'verify-full')).toBeUndefined();
  expect(asked('?sslmode=require', 'verify-full')).toMatchObject({ rejectUnauthorized: false });
  expect(asked('', 'require')).toMatchObject({ rejectUnauthorized: false });
  expect(asked('', 'DISABLED')).toBeUndefined();
  for (const mode of ['prefer', 'allow', '', undefined])
    expect(asked('', mode)).toMatchObject({ rejectUnauthorized: true });
  // A socket of this machine needs none, whatever clients are set to.
  expect(asked('', 'verify-full', '/run/postgresql')).toBeUndefined();
});

test('a certificate is held against the server that was asked for, by whatever name the driver has it', () => {
  const certificate = { subject: {}, subjectaltname: 'DNS:localhost' } as unknown as PeerCertificate;
  const check = (more: string) =>
    tlsOptions(parseDatabaseUrl(`mysql://10.0.0.1/shop${more}`), '10.0.0.1', NOTHING)!.checkServerIdentity(
      'localhost',
      certificate,
    );
  expect(check('')?.message).toContain('10.0.0.1');
  // Authorities that everybody trusts vouch for everybody: without the name, any server would do.
  for (const more of ['?sslmode=verify-ca', '?sslmode=verify-ca&sslrootcert=system', '?sslrootcert=system'])
    expect(check(more)?.message, more).toContain('10.0.0.1');
});

test('authorities that everybody trusts prove a name, whatever the mode, unless nothing is encrypted', () => {
  const asked = (more: string, client: Partial<ClientTls> = {}) =>
    tlsOptions(parseDatabaseUrl(`postgresql://h/shop${more}`), 'db.example', { ...NOTHING, ...client });
  const stranger = { subject: { CN: 'other' } } as unknown as PeerCertificate;
  for (const options of [
    asked('?sslmode=require&sslrootcert=system'),
    asked('?sslmode=require', { authority: 'system' }),
    asked('', { mode: 'verify-ca' }),
    asked('', { mode: 'verify-ca', authority: 'system' }),
    asked('', { mode: 'require', authority: 'system' }),
  ]) {
    expect(options).toMatchObject({ rejectUnauthorized: true });
    expect(options!.checkServerIdentity('', stranger)?.message).toContain('db.example');
  }
  expect(asked('?sslmode=disable&sslrootcert=system')).toBeUndefined();
});
