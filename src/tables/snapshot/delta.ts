/**
 * Versions of Delta tables that others write. It reads the log from its newest commit back to a checkpoint, so that the newest word on
 * each file is the first that is met. Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */

import { LOG_FOLDER, versionOfFile } from '../delta/log.ts';
import type { DeltaFacts } from './delta-facts.ts';
import { DeltaReplay } from './delta-replay.ts';
import {
  BY_ADD,
  damagedTable,
  missingBranch,
  missingVersion,
  type NamedVersion,
  type TableLocation,
  type TableLogFile,
  type TableSnapshot,
} from './snapshot.ts';
import { CHECKPOINT } from './traces.ts';

/** Commits are kept for a month by default. */
const MAX_LOG_FILES = 1_000_000;
/** As a pointer keeps it: one version has one number, without zeros before it. */
const VERSION = /^(?:0|[1-9]\d{0,14})$/;

/** Find the Delta table of a folder, as {@link findTable} does. */
export async function findDelta(
  source: TableLocation,
  wanted: NamedVersion,
): Promise<TableSnapshot | undefined> {
  const log = await readLog(source);
  if (log === undefined) return undefined;
  if (wanted.branch !== undefined) throw missingBranch(source.url, wanted.branch, false, wanted.otherwise);
  const { at } = wanted;
  const version = at === undefined ? log.newest : wantedVersion(source, log, at);
  const checkpoint = log.checkpoints.filter((one) => one.version <= version).at(-1);
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const commits: TableLogFile[] = [];
  for (let number = version; number >= first; number--) {
    const commit = log.commits.get(number);
    if (commit === undefined) throw missingVersion(source.url, String(version), rebuildable(log, at));
    commits.push(commit);
  }
  const replay = new DeltaReplay(source);
  return {
    format: 'delta',
    version: String(version),
    ...(at !== undefined && { at }),
    files: (wantsFacts) => replay.files(commits, checkpoint?.parts ?? [], wantsFacts),
    shownPath: (file) => replay.shownPath(file),
    columns: () => replay.columns(),
    describe: ({ facts }) => replay.describe(facts as DeltaFacts),
  };
}

interface Checkpoint {
  readonly version: number;
  readonly parts: readonly TableLogFile[];
}

interface Log {
  readonly commits: ReadonlyMap<number, TableLogFile>;
  /** Those that are complete, the earliest first. */
  readonly checkpoints: readonly Checkpoint[];
  readonly newest: number;
}

async function readLog(source: TableLocation): Promise<Log | undefined> {
  const commits = new Map<number, TableLogFile>();
  const parts = new Map<string, { readonly version: number; readonly of: number; files: TableLogFile[] }>();
  let count = 0;
  for await (const file of source.list(LOG_FOLDER)) {
    const name = file.name.slice(LOG_FOLDER.length + 1);
    const version = versionOfFile(name);
    const [, at, , of = '1'] = CHECKPOINT.exec(name) ?? [];
    if (version !== undefined) commits.set(version, file);
    if (at !== undefined) {
      const known = parts.get(`${at}/${of}`) ?? { version: Number(at), of: Number(of), files: [] };
      known.files.push(file);
      parts.set(`${at}/${of}`, known);
    }
    count += 1;
    if (count > MAX_LOG_FILES) throw damagedTable(source.url, `its log has more than ${MAX_LOG_FILES} files`);
  }
  const checkpoints = [...parts.values()]
    .filter(({ of, files }) => files.length === of)
    .sort((a, b) => a.version - b.version)
    .map(({ version, files }) => ({ version, parts: files }));
  const newest = [...commits.keys()].reduce(
    (max, one) => Math.max(max, one),
    checkpoints.at(-1)?.version ?? -1,
  );
  return newest < 0 ? undefined : { commits, checkpoints, newest };
}

function wantedVersion({ url }: TableLocation, log: Log, at: string): number {
  const version = VERSION.test(at) ? Number(at) : undefined;
  if (version === undefined || version > log.newest) throw missingVersion(url, at, rebuildable(log, at));
  return version;
}

/** Say which versions there are. @param at the one that was asked for */
function rebuildable({ commits, checkpoints, newest }: Log, at: string | undefined): string {
  const earliest = commits.has(0) ? 0 : checkpoints[0]?.version;
  return earliest === undefined
    ? 'Its log begins neither with version 0 nor with a checkpoint: ask who keeps the table.'
    : `Its log tells versions ${earliest} to ${newest}: name one of these ${BY_ADD}${at === undefined ? '' : ', or leave --at out'}.`;
}
