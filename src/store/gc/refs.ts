import { askAgain } from '../../base/ask-again.ts';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { REF_KEY } from '../../remote/store-layout.ts';
import { damaged } from '../errors.ts';
import { hexDigestOf, parseDigest } from '../format/digest.ts';
import type { Root } from './roots.ts';

/** The list of roots that one push of one clone recorded. It stays until a gc from the same clone replaces it, or the clone expires. */
export interface Ref {
  readonly key: string;
  readonly clone: string;
  readonly modified: Date;
}

const MAX_REF_BYTES = 256 * 1024 * 1024;

/**
 * Record the roots, so that no gc from another clone removes what they need. A ref that is there is written again: its time is the one
 * at which the clone was last seen.
 */
export async function writeRef(remote: Remote, clone: string, roots: readonly Root[]): Promise<void> {
  const { key, bytes, sha256 } = encodeRef(clone, roots);
  await remote.write(key, bytes, { sha256, overwrite: true });
}

/**
 * Replace a damaged ref by one of all that its clone can still come back to, as a gc of that clone would do.
 * @param damaged key of the damaged ref, which the new one may have too
 */
export async function replaceDamagedRef(
  remote: Remote,
  damaged: string,
  clone: string,
  roots: readonly Root[],
): Promise<void> {
  const { key, bytes, sha256 } = encodeRef(clone, roots);
  await remote.write(key, bytes, { sha256, overwrite: true });
  if (key !== damaged) await remote.remove([damaged]);
}

/** Remove refs that the ref of `roots` replaces. */
export async function dropRefs(remote: Remote, refs: readonly Ref[], roots: readonly Root[]): Promise<void> {
  const replaced = refs.filter(({ key, clone }) => key !== encodeRef(clone, roots).key).map(({ key }) => key);
  if (replaced.length > 0) await remote.remove(replaced);
}

function encodeRef(clone: string, roots: readonly Root[]): { key: string; bytes: Buffer; sha256: string } {
  const lines = roots.map(({ path, kind, digest, profile, blocks }) =>
    JSON.stringify({ path, kind, digest, profile, blocks }),
  );
  const text = `{"version":1,"roots":[\n${[...new Set(lines)].sort().join(',\n')}\n]}\n`;
  const bytes = Buffer.from(text);
  const sha256 = hexDigestOf(bytes);
  const key = `refs/${clone}/${sha256}.json`;
  if (!REF_KEY.test(key)) {
    throw new VarveError('clone-id-invalid', `${JSON.stringify(clone)} cannot name a clone`, {
      remedy: 'Use letters, digits, `.`, `_` and `-`, at most 64 of them.',
    });
  }
  return { key, bytes, sha256 };
}

export async function listRefs(remote: Remote): Promise<Ref[]> {
  const refs: Ref[] = [];
  for await (const { key, modified } of remote.list('refs/') as AsyncIterable<ObjectInfo>) {
    const clone = REF_KEY.exec(key)?.[1];
    if (clone !== undefined) refs.push({ key, clone, modified });
  }
  return refs;
}

/** Read a ref; no roots if it is gone. @throws VarveError `ref-damaged`, since a gc that does not understand a ref must stop */
export async function readRef(remote: Remote, key: string): Promise<Root[]> {
  const info = await remote.head(key);
  if (info === undefined) return [];
  if (info.size > MAX_REF_BYTES) throw damaged('ref-damaged', key, `it has ${info.size} bytes`);
  return askAgain(async () => parseRef(await remote.read(key), key));
}

/** @throws VarveError `ref-damaged` */
export function parseRef(bytes: Uint8Array, key: string): Root[] {
  if (hexDigestOf(bytes) !== REF_KEY.exec(key)?.[2])
    throw damaged('ref-damaged', key, 'its bytes do not match its name');
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as { version?: unknown; roots?: unknown };
    if (value.version === 1 && Array.isArray(value.roots))
      return value.roots.map((root) => checkRoot(root, key));
  } catch {
    // Said below, whatever it was.
  }
  throw damaged('ref-damaged', key, 'it is not a list of roots');
}

function checkRoot(value: unknown, key: string): Root {
  const { path, kind, digest, profile, blocks } = value as Record<string, unknown>;
  if (typeof path !== 'string' || (kind !== 'file' && kind !== 'directory')) throw new Error('not a root');
  return {
    path,
    kind,
    digest: parseDigest(digest, key),
    ...(profile === undefined ? {} : { profile: parseDigest(profile, key) }),
    ...(blocks === undefined ? {} : { blocks: parseDigest(blocks, key) }),
  };
}
