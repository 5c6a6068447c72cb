import { stringify } from 'yaml';
import { problemOfDataPath } from '../base/files/data-path.ts';
import { isRecord } from '../base/json.ts';
import { parseYaml } from '../base/yaml.ts';
import { VarveError } from '../errors.ts';
import { shellWord } from '../wording/quote.ts';

/**
 * The versions of datasets that something was made of, such as a model. It names data and no place: nothing in it says where anything is
 * fetched from or written to, so that a lock of strangers can only choose among the versions of the repository that it is used in.
 */
export interface Lock {
  /** Where it was made, for people: the address of Git's remote `origin` without credentials. */
  readonly repository?: string;
  /** The commit of the repository when it was made. */
  readonly revision?: string;
  /** Sorted by path. */
  readonly datasets: readonly LockedDataset[];
}

export interface LockedDataset {
  /** From the root of the repository. */
  readonly path: string;
  /** `sha256:…`, or of DVC `md5:…`. */
  readonly digest: string;
  /** The commit that has this version, if one did. */
  readonly commit?: string;
}

const VERSION = 1;
/** More is no lock: a dataset takes about 200 bytes. */
export const MAX_LOCK_BYTES = 4 * 2 ** 20;
const MAX_TEXT = 2048;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}(?:\.dir)?)$/;

/** A lock as YAML with its keys in order, so that equal locks are equal bytes. */
export function formatLock(lock: Lock): string {
  const { repository, revision, datasets } = lock;
  const head =
    '# Versions of datasets, as `varve lock` wrote them. `varve checkout --locked FILE` with this file brings them back.\n';
  return (
    head +
    stringify(
      {
        varveLock: VERSION,
        ...(repository !== undefined && { repository }),
        ...(revision !== undefined && { revision }),
        datasets: datasets.map(({ path, digest, commit }) => ({ path, digest, ...(commit && { commit }) })),
      },
      { lineWidth: 0 },
    )
  );
}

export function lockTooLarge(where: string): VarveError {
  return damaged(where, 'it is larger than 4 MiB');
}

/**
 * Read a lock that may be anyone's.
 * @param where path of the file, for messages
 * @throws VarveError `lock-damaged`, `lock-too-new`
 */
export function parseLock(text: string, where: string): Lock {
  if (Buffer.byteLength(text) > MAX_LOCK_BYTES) throw lockTooLarge(where);
  const { document, fault } = parseYaml(text, {});
  if (fault !== undefined) throw damaged(where, fault.message);
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw damaged(where, (error as Error).message);
  }
  const top = asMap(plain, where, 'the file');
  checkVersion(top.varveLock, where);
  const { repository, revision, datasets } = only(top, TOP_KEYS, where, 'the file');
  if (repository !== undefined && !isText(repository)) throw damaged(where, '`repository` is not text');
  if (revision !== undefined && !isMatch(COMMIT, revision))
    throw damaged(where, '`revision` is not the id of a commit');
  if (!Array.isArray(datasets) || datasets.length === 0) throw damaged(where, '`datasets` is not a list');
  const locked = datasets.map((one, index) => lockedDataset(one, where, `datasets.${index}`));
  const twice = locked.find(({ path }, at) => locked.findIndex((other) => other.path === path) !== at);
  if (twice !== undefined) throw damaged(where, `${twice.path} stands there twice`);
  return {
    ...(repository === undefined ? {} : { repository: repository as string }),
    ...(revision === undefined ? {} : { revision: revision as string }),
    datasets: locked,
  };
}

const TOP_KEYS = ['varveLock', 'repository', 'revision', 'datasets'] as const;
const DATASET_KEYS = ['path', 'digest', 'commit'] as const;

function lockedDataset(value: unknown, where: string, name: string): LockedDataset {
  const { path, digest, commit } = only(asMap(value, where, name), DATASET_KEYS, where, name);
  if (!isText(path) || problemOfDataPath(path) !== undefined || path.endsWith('/'))
    throw damaged(where, `\`${name}.path\` is not the path of a dataset`);
  if (!isMatch(DIGEST, digest)) throw damaged(where, `\`${name}.digest\` is not a digest`);
  if (commit !== undefined && !isMatch(COMMIT, commit))
    throw damaged(where, `\`${name}.commit\` is not the id of a commit`);
  return {
    path,
    digest: digest as string,
    ...(commit === undefined ? {} : { commit: commit as string }),
  };
}

/** A key that this varve does not know may ask for something: it is refused, and not passed over. */
function only<K extends string>(
  map: Record<string, unknown>,
  keys: readonly K[],
  where: string,
  name: string,
): Partial<Record<K, unknown>> {
  const other = Object.keys(map).find((key) => !keys.includes(key as K));
  if (other !== undefined) throw damaged(where, `${name} has the key ${JSON.stringify(other.slice(0, 100))}`);
  return map as Partial<Record<K, unknown>>;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

function isMatch(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function asMap(value: unknown, where: string, name: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw damaged(where, `${name} is not a map of keys and values`);
}

function checkVersion(version: unknown, where: string): void {
  if (version === VERSION) return;
  if (typeof version !== 'number') throw damaged(where, 'it has no `varveLock: 1`');
  throw new VarveError('lock-too-new', `${where} was written by a newer varve (version ${version})`, {
    path: where,
    remedy: `Upgrade varve on this machine: this one reads version ${VERSION}.`,
  });
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('lock-damaged', `${where} is no lock of datasets: ${what}`, {
    path: where,
    remedy: `Restore the file from where it is kept, or write one anew: \`varve lock --output ${shellWord(where)}\`.`,
  });
}
