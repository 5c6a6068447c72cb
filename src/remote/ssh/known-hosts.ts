/**
 * The keys of hosts that this machine knows. Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". No key is ever added: a host that is not
 * known is refused, and whoever trusts it says so to OpenSSH.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import type { SshTarget } from './config.ts';

export interface KnownKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  readonly key: Buffer;
  readonly isRevoked: boolean;
}

/** The keys that the files have for a host. @throws VarveError `file-unreadable` and others, as {@link systemError} */
export function knownKeys({ knownAs, knownHosts }: SshTarget): KnownKey[] {
  return knownHosts.flatMap((file) => keysIn(textOf(file), knownAs));
}

/** The keys in the text of a file for a host; `name` has the port if that is not 22: `[host]:2222`. */
export function keysIn(text: string, name: string): KnownKey[] {
  return text.split('\n').flatMap((line) => {
    const steps = line.trim().split(/\s+/);
    if (steps[0] === '' || steps[0]!.startsWith('#')) return [];
    const marker = steps[0]!.startsWith('@') ? steps.shift() : undefined;
    const [hosts = '', type, key] = steps;
    // Keys of authorities are for certificates, which the client does not speak.
    if (marker === '@cert-authority' || type === undefined || key === undefined) return [];
    if (!isNamed(hosts, name)) return [];
    return [{ type, key: Buffer.from(key, 'base64'), isRevoked: marker === '@revoked' }];
  });
}

/**
 * Check the key that a host shows.
 * @throws VarveError `host-unknown`, `host-key-changed`
 */
export function checkHostKey(target: SshTarget, known: readonly KnownKey[], shown: Buffer): void {
  const isSame = ({ key }: KnownKey): boolean => key.equals(shown);
  if (known.some((one) => one.isRevoked && isSame(one))) throw changed(target, shown, 'was revoked');
  if (known.some((one) => !one.isRevoked && isSame(one))) return;
  const type = typeOf(shown);
  if (known.some((one) => one.type === type)) throw changed(target, shown, 'is not the one that is known');
  throw unknown(target, shown);
}

/** The kinds of keys that are known, first of all that this client offers: a host has several. */
export function keyTypes(known: readonly KnownKey[], offered: readonly string[]): string[] {
  const types = new Set(known.map(({ type }) => type));
  const isKnown = (algorithm: string): boolean =>
    types.has(algorithm) || (/^rsa-sha2-/.test(algorithm) && types.has('ssh-rsa'));
  return [...offered.filter(isKnown), ...offered.filter((algorithm) => !isKnown(algorithm))];
}

function isNamed(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return isHashOf(hosts, name);
  let isMatch = false;
  for (const pattern of hosts.split(',')) {
    const isNegated = pattern.startsWith('!');
    if (!matches(pattern.slice(isNegated ? 1 : 0), name)) continue;
    if (isNegated) return false;
    isMatch = true;
  }
  return isMatch;
}

function matches(pattern: string, name: string): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name.toLowerCase());
}

/** `|1|salt|hash`: the HMAC-SHA-1 of the name by the salt. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** A key begins with the length and the name of its kind: RFC 4253, section 6.6. */
function typeOf(key: Buffer): string {
  return key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return '';
    throw systemError(error, 'read', file);
  }
}

function shownKey(key: Buffer): string {
  const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return `its ${typeOf(key)} key is SHA256:${digest}`;
}

function unknown({ host, port, user }: SshTarget, key: Buffer): VarveError {
  const place = port === 22 ? '' : `-p ${port} `;
  const known = shellWord(`${user}@${host}`);
  return new VarveError(
    'host-unknown',
    `${host} is not among the hosts that this machine knows: ${shownKey(key)}`,
    {
      path: host,
      remedy:
        `Run \`ssh ${place}${known}\` once, compare the fingerprint that it shows with the one that whoever runs the host tells you, and answer yes. ` +
        `Where nobody can answer, such as in CI, put the output of \`ssh-keyscan ${place}${shellWord(host)}\`, once compared, into ~/.ssh/known_hosts.`,
    },
  );
}

function changed({ host, knownAs, knownHosts }: SshTarget, key: Buffer, how: string): VarveError {
  return new VarveError('host-key-changed', `The key of ${host} ${how}: ${shownKey(key)}`, {
    path: host,
    remedy:
      'Somebody may stand between this machine and the host, so nothing was sent. Ask whoever runs the host whether its key was replaced; ' +
      `only if they say so, and name this fingerprint, run \`ssh-keygen -R ${shellWord(knownAs)}\` and then \`ssh\` to it once. It is known by ${knownHosts[0] ?? 'no file'}.`,
  });
}
