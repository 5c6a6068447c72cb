import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import {
  dropClones,
  hasExpired,
  listClones,
  readCloneNames,
  type StoredClone,
} from '../../store/gc/clones.ts';
import { neutral } from '../../wording/neutral.ts';
import { cloneId } from '../../workspace/clone-id.ts';
import { DEFAULT_CLONE_EXPIRY_MS, readConfig } from '../../workspace/config.ts';
import type { ClonesResult, ForgottenClones, KnownClone } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { nearestName } from '../datasets/suggest.ts';
import { openRemoteNamed } from './stores/stores.ts';

/** So much of an id is enough, if no other begins so. */
const MIN_PREFIX_LENGTH = 4;
const MAX_NAMED = 10;

type NamedClone = Pick<StoredClone, 'clone' | 'firstSeen' | 'lastSeen'> & {
  readonly name: string | undefined;
};

/** Time in ms after which a clone that was not seen holds nothing on a remote. */
export function expiryOf({ repository }: WorkingContext): number {
  return readConfig(repository).cloneExpiryMs ?? DEFAULT_CLONE_EXPIRY_MS;
}

export function knownClone(
  { repository }: WorkingContext,
  { clone, name, firstSeen, lastSeen, hasExpired }: NamedClone & Pick<KnownClone, 'hasExpired'>,
): KnownClone {
  return {
    clone,
    name: name ?? null,
    isThis: clone === cloneId(repository),
    firstSeen: firstSeen.toISOString(),
    lastSeen: lastSeen.toISOString(),
    hasExpired,
  };
}

/** Implements Backend.clones. */
export async function clones(context: WorkingContext, named: string | undefined): Promise<ClonesResult> {
  const expiryMs = expiryOf(context);
  const { name, remote } = await openRemoteNamed(context, named);
  return closing(remote, async () => ({
    remote: { name, url: remote.url },
    cloneExpiryMs: Number.isFinite(expiryMs) ? expiryMs : null,
    clones: (await namedClones(remote)).map((one) => shown(context, one)),
  }));
}

/** Implements Backend.forgetClones. */
export async function forget(
  context: WorkingContext,
  words: readonly string[],
  named: string | undefined,
): Promise<ForgottenClones> {
  const { name, remote } = await openRemoteNamed(context, named);
  return closing(remote, async () => {
    const known = await namedClones(remote);
    const chosen = [...new Set(words.map((word) => cloneCalled(known, word, name)))];
    await dropClones(remote, chosen);
    return { remote: { name, url: remote.url }, forgotten: chosen.map((one) => shown(context, one)) };
  });
}

async function namedClones(remote: Remote): Promise<(StoredClone & NamedClone)[]> {
  const stored = await listClones(remote);
  const names = await readCloneNames(remote, stored);
  return stored.map((one) => ({ ...one, name: names.get(one.clone) }));
}

function shown(context: WorkingContext, one: StoredClone & NamedClone): KnownClone {
  return knownClone(context, { ...one, hasExpired: hasExpired(one, expiryOf(context), Date.now()) });
}

/** Find the one clone that is called so. Names are compared as they are shown. */
function cloneCalled<T extends NamedClone>(known: readonly T[], word: string, remote: string): T {
  const called = known.filter(
    ({ clone, name }) =>
      clone === word ||
      (word.length >= MIN_PREFIX_LENGTH && clone.startsWith(word)) ||
      (name !== undefined && neutral(name) === word),
  );
  const [one] = called;
  if (one === undefined) throw unknown(known, word, remote);
  if (called.length > 1) throw ambiguous(called, word);
  return one;
}

function unknown(known: readonly NamedClone[], word: string, remote: string): VarveError {
  const names = known.flatMap(({ clone, name }) => [clone, ...(name === undefined ? [] : [neutral(name)])]);
  const similar = nearestName(word, names);
  return new VarveError('clone-unknown', `${remote} knows no clone ${word}`, {
    path: word,
    remedy:
      similar === undefined
        ? '`varve remote clones` lists those that it knows. To take a remote out of the settings, use `varve remote remove`.'
        : `Did you mean ${similar}?`,
  });
}

function ambiguous(called: readonly NamedClone[], word: string): VarveError {
  return new VarveError('clone-ambiguous', `${called.length} clones go by ${word}`, {
    path: word,
    details: called
      .slice(0, MAX_NAMED)
      .map(({ clone, lastSeen }) => `${clone}, last seen ${lastSeen.toISOString().slice(0, 10)}`),
    remedy: 'Name one by its id.',
  });
}
