import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SshTarget } from '../../src/remote/ssh/config.ts';
import { checkHostKey, keysIn, keyTypes } from '../../src/remote/ssh/known-hosts.ts';

/** A public key begins with the length and the name of its kind. */
function keyOf(type: string): Buffer {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, randomBytes(32)]);
}

const ED = keyOf('ssh-ed25519');
const line = (hosts: string, key = ED, type = 'ssh-ed25519') =>
  `${hosts} ${type} ${key.toString('base64')} note`;
const target = { host: 'lab', port: 22, user: 'ann', knownAs: 'lab', knownHosts: [] } as unknown as SshTarget;

test('lines name hosts by themselves, by patterns and by hashes', () => {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update('secret.example').digest('base64');
  const text = [
    '# a comment',
    '',
    line('lab,10.0.0.1'),
    line('*.example.org,!bad.example.org'),
    line('[lab]:2222'),
    line(`|1|${salt.toString('base64')}|${hash}`),
    line('@cert-authority *'),
    'torn ssh-ed25519',
    line('a[b.c*'),
  ].join('\n');
  for (const name of ['lab', 'LAB', '10.0.0.1', 'x.example.org', '[lab]:2222', 'secret.example', 'a[b.cd'])
    expect(keysIn(text, name), name).toHaveLength(1);
  for (const name of ['la', 'bad.example.org', '[lab]:22', 'other', '10.0.0.11', 'axb.c'])
    expect(keysIn(text, name), name).toEqual([]);
});

test('a key passes that is known, and no other', () => {
  expect(() => checkHostKey(target, keysIn(line('lab'), 'lab'), ED)).not.toThrow();
  const refusal = (text: string, key = ED) => {
    try {
      checkHostKey(target, keysIn(text, 'lab'), key);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return undefined;
  };
  expect(refusal('')).toBe('host-unknown');
  expect(refusal(line('other'))).toBe('host-unknown');
  expect(refusal(line('lab'), keyOf('ssh-rsa'))).toBe('host-unknown');
  expect(refusal(line('lab'), keyOf('ssh-ed25519'))).toBe('host-key-changed');
  expect(refusal(`${line('lab')}\n${line('@revoked *')}`)).toBe('host-key-changed');
  expect(refusal(line('@revoked lab'))).toBe('host-key-changed');
});

test('kinds of keys that are known are asked for first', () => {
  const known = keysIn(line('lab', keyOf('ssh-rsa'), 'ssh-rsa'), 'lab');
  expect(keyTypes(known, ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'])).toEqual([
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-ed25519',
  ]);
});
