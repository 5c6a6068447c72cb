import { askAgain } from '../../base/ask-again.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import {
  CLONE_KEY,
  DELETION_LIST_KEY,
  INDEX_KEY,
  PURGE_LIST_KEY,
  REF_KEY,
} from '../../remote/store-layout.ts';
import { shellWord } from '../../wording/quote.ts';
import { IndexFile, indexKey } from '../format/index-file.ts';
import { parseCloneRecord } from '../gc/clones.ts';
import { CLOCK, checkClock, parsePendingDeletions, replaceDamagedList } from '../gc/pending-deletions.ts';
import { parsePurgeList } from '../gc/purge-list.ts';
import { parseRef, replaceDamagedRef } from '../gc/refs.ts';
import type { Root } from '../gc/roots.ts';
import { replaceIndexes } from '../index/load.ts';
import type { StoreCore } from '../store-core.ts';

/** A damaged record: a file that says something of the store and holds no data, such as an index or a ref. */
export interface DamagedRecord {
  readonly key: string;
  readonly problem: string;
  /** Whether it was repaired. */
  readonly repaired: boolean;
  readonly remedy: string;
}

export interface CheckedRecords {
  readonly files: number;
  readonly bytes: number;
  readonly damage: readonly DamagedRecord[];
}

/** This clone, and all versions that it can still come back to, which its ref must name. */
export interface Self {
  readonly clone?: string | undefined;
  readonly roots: readonly Root[];
}

const JOBS = 8;
export const NOTHING_LEFT = 'Nothing is left to do.';

/**
 * Read every index, ref, list and other record of a store and check it against its checksum. A damaged one is repaired if that loses
 * nothing and this machine may write.
 */
export async function checkRecords(core: StoreCore, self: Self): Promise<CheckedRecords> {
  const reading = new RecordReading(core.remote);
  const indexes = await reading.damaged('index/', INDEX_KEY, (bytes, key) =>
    IndexFile.parse(bytes, INDEX_KEY.exec(key)![1]!),
  );
  const refs = await reading.damaged('refs/', REF_KEY, parseRef);
  const clones = await reading.damaged('clones/', CLONE_KEY, parseCloneRecord);
  const lists = await reading.damaged('condemned/', DELETION_LIST_KEY, parsePendingDeletions);
  const purged = await reading.damaged('purged/', PURGE_LIST_KEY, parsePurgeList);
  const clocks = await reading.damaged(CLOCK, /^clock$/, checkClock);
  const damage = [
    ...(await repairIndexes(core, indexes)),
    ...(await eachOf(refs, (key) => repairRef(core.remote, key, self))),
    ...(await eachOf(clones, (key) => repairCloneRecord(core.remote, key))),
    ...(await eachOf(lists, (key) => repairList(core.remote, key))),
    ...purged.map(damagedPurgeList),
    ...(await eachOf(clocks, (key) => repairClock(core.remote, key))),
  ];
  return { files: reading.files, bytes: reading.bytes, damage };
}

class RecordReading {
  files = 0;
  bytes = 0;
  readonly #remote: Remote;

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Find the keys of the files of one kind that `parse` finds damaged. */
  async damaged(
    prefix: string,
    kind: RegExp,
    parse: (bytes: Uint8Array, key: string) => unknown,
  ): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#remote.list(prefix)) if (kind.test(key)) keys.push(key);
    const damaged: string[] = [];
    await forEach(keys, JOBS, async (key) => {
      if (!(await this.#isSound(key, parse))) damaged.push(key);
    });
    return damaged.sort();
  }

  async #isSound(key: string, parse: (bytes: Uint8Array, key: string) => unknown): Promise<boolean> {
    try {
      await askAgain(async () => {
        const bytes = await this.#remote.read(key);
        this.bytes += bytes.length;
        parse(bytes, key);
      });
      this.files += 1;
      return true;
    } catch (error) {
      if (!(error instanceof VarveError)) throw error;
      // Merged into another, or replaced, since it was listed.
      if (error.code === 'object-missing') return true;
      if (!/-damaged$|^object-truncated$/.test(error.code)) throw error;
      this.files += 1;
      return false;
    }
  }
}

async function eachOf<T>(keys: readonly string[], work: (key: string) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (const key of keys) done.push(await work(key));
  return done;
}

/** Repair indexes from the copies that this clone keeps, or else from what packs and whole objects say of themselves. */
async function repairIndexes(core: StoreCore, keys: readonly string[]): Promise<DamagedRecord[]> {
  const problem = 'its bytes do not match its name';
  const record = (key: string, repaired: boolean): DamagedRecord => ({
    key,
    problem,
    repaired,
    remedy: repaired ? NOTHING_LEFT : refused('it is written anew'),
  });
  const done: DamagedRecord[] = [];
  // A local store wrote them anew when it was opened.
  for (const name of core.remote.localPath === undefined ? [] : core.catalog.damagedIndexes)
    done.push(record(indexKey(name), true));
  const rest: string[] = [];
  for (const key of keys) {
    const name = INDEX_KEY.exec(key)![1]!;
    const kept = core.catalog.segments.find((segment) => segment.name === name);
    if (kept === undefined) rest.push(name);
    else {
      const write = () => core.remote.write(key, kept.bytes, { sha256: name, overwrite: true });
      done.push(record(key, await isDone(write)));
    }
  }
  if (rest.length === 0) return done;
  const repaired = await isDone(() => replaceIndexes(core.remote, rest));
  return [...done, ...rest.map((name) => record(indexKey(name), repaired))];
}

async function repairRef(remote: Remote, key: string, { clone, roots }: Self): Promise<DamagedRecord> {
  const owner = REF_KEY.exec(key)![1]!;
  const problem = 'its bytes do not match its name; it says what a gc must keep';
  if (owner !== clone) {
    const remedy = `Run \`varve verify --remote NAME\` in the clone whose .varve/clone-id is ${owner}: it writes the file anew. Where that clone is gone, run \`varve push --all-commits\` in every other, then \`varve remote forget ${shellWord(owner)}\`. Until then no gc removes anything.`;
    return { key, problem, repaired: false, remedy };
  }
  const repaired = await isDone(() => replaceDamagedRef(remote, key, owner, roots));
  return { key, problem, repaired, remedy: repaired ? NOTHING_LEFT : refused('it is written anew') };
}

/** Remove the record: it only says what people know a clone by, and the next push of that clone writes another. */
async function repairCloneRecord(remote: Remote, key: string): Promise<DamagedRecord> {
  const repaired = await isDone(() => remote.remove([key]));
  const problem = 'its bytes do not match its name; it says what a clone is known by';
  return { key, problem, repaired, remedy: repaired ? NOTHING_LEFT : refused('it is removed') };
}

async function repairList(remote: Remote, key: string): Promise<DamagedRecord> {
  const repaired = await isDone(async () => {
    const stored: string[] = [];
    for (const prefix of ['packs/', 'objects/'])
      for await (const file of remote.list(prefix)) stored.push(file.key);
    await replaceDamagedList(remote, key, stored);
  });
  const problem = 'its bytes do not match its name; it says what a gc may remove';
  return { key, problem, repaired, remedy: repaired ? NOTHING_LEFT : refused('it is replaced') };
}

/** It cannot be written anew: nothing else says what was purged. */
function damagedPurgeList(key: string): DamagedRecord {
  return {
    key,
    problem: 'its bytes do not match its name; it says what was purged, so that nobody pushes it again',
    repaired: false,
    remedy: 'Run `varve purge DIGEST` again for what was purged, then delete the file.',
  };
}

/** Remove the clock: it only shows the time of the remote, and the next gc writes another. */
async function repairClock(remote: Remote, key: string): Promise<DamagedRecord> {
  const repaired = await isDone(() => remote.remove([key]));
  const problem = 'its bytes do not have their checksum; it holds nothing';
  return { key, problem, repaired, remedy: repaired ? NOTHING_LEFT : refused('it is removed') };
}

/** Try to write, and tell whether that was possible: who may only read a store can check it all the same. */
export async function isDone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof VarveError) return false;
    throw error;
  }
}

function refused(what: string): string {
  return `This machine could not write there. Run \`varve verify\` with the right to, and ${what}.`;
}
