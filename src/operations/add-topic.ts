import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeQuietly, unfinishedBeside } from '../base/files/atomic-write.ts';
import { checkDataPath } from '../base/files/data-path.ts';
import { renameOverSync } from '../base/files/rename.ts';
import { exportTables } from '../engine/export-tables.ts';
import { VarveError } from '../errors.ts';
import { describeTopic, type KafkaAddress, parseKafkaUrl } from '../kafka/address.ts';
import { parseStreamPosition } from '../kafka/positions.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { readKafkaSettings } from '../kafka/settings.ts';
import { Topic, type TopicMessage } from '../kafka/topic.ts';
import { counted } from '../wording/numbers.ts';
import { SafeFolders } from '../workspace/checkout/safe-folder.ts';
import { POINTER_SUFFIX } from '../workspace/pointer.ts';
import { pathInRepository } from '../workspace/repository.ts';
import { recordAdd } from './add.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { requestInvalid } from './inference/columns.ts';
import { NewNames } from './inference/row-lines.ts';
import { LEFT_OUT, MessageReader } from './stream/message-rows.ts';
import { RegisteredSchemas } from './stream/registered-schemas.ts';
import { Tally } from './stream/tally.ts';
import { TopicSpool } from './stream/topic-spool.ts';
import type { OffsetRange } from './stream/windows.ts';

export interface AddTopicOptions extends BackendAddOptions {
  /** Path of the folder that the files are to lie in. */
  readonly to: string;
  /** Where to begin: `earliest`, `latest`, a time, an offset, or one by partition. Unless given, behind what the folder has. */
  readonly from?: string | undefined;
  /** Where to end, likewise: `latest` unless given, which is what the topic has when it begins. */
  readonly until?: string | undefined;
  /** The URL of a registry that has the schemas of values. */
  readonly registry?: string | undefined;
  /** Bounds the engine that writes the files, such as `512MB`. */
  readonly memory?: string | undefined;
}

/** What a version says of itself: the topic, and its offsets by partition. */
const TOPIC_KEY = 'topic';
const OFFSETS_KEY = 'topic-offsets';
const MAX_META_LENGTH = 1024;
/** Digits of offsets in names of files, so that their order is that of the names. */
const OFFSET_DIGITS = 10;

/**
 * Take a range of the messages of a topic into Parquet, a file for each partition that is named by its offsets, and add the folder. What a
 * process that was killed had read is not read again by the same call. Rows wait on the disk: memory does not grow with them.
 * @param url `kafka://broker[:port][,broker…]/topic`; TLS, users and passwords come from variables and ~/.config/kcat.conf
 * @throws VarveError `stream-url-invalid`, `stream-settings-invalid`, `stream-unreachable`, `stream-refused`, `stream-error`, `topic-missing`,
 * `offsets-missing`, `driver-missing`, `input-empty`, `path-taken`, and the codes of {@link add}
 */
export async function addTopic(
  context: Context,
  url: string,
  { to, from, until, registry, memory, ...options }: AddTopicOptions,
): Promise<AddResult> {
  const address = parseKafkaUrl(url);
  const { repository, onWarning, signal } = context;
  const begin = from === undefined ? undefined : parseStreamPosition(from, '--from');
  const end = parseStreamPosition(until ?? 'latest', '--until');
  const settings = readKafkaSettings(registry);
  const asked = settings.registry && new SchemaRegistry(settings.registry, { onNote: onWarning, signal });
  const target = pathInRepository(repository, context.cwd, to);
  checkDataPath(target);
  const folder = join(repository.root, target);
  const topic = await Topic.open(address, { settings, onNote: onWarning, signal });
  let spool: TopicSpool;
  try {
    const question = JSON.stringify([describeTopic(address), target, from, until]);
    spool = await TopicSpool.open(repository.stateFolder, target, question, async () => {
      const there = rangesIn(folder, address);
      const starts = await topic.at(begin ?? { kind: 'earliest' });
      const ends = await topic.at(end);
      return wantedRanges(starts, ends, begin === undefined ? there : undefined);
    });
    refuseOverlap(rangesIn(folder, address), spool, folder, address);
    await fill(spool, topic, asked && new RegisteredSchemas(asked), context);
  } finally {
    await topic.close();
  }
  const made = await writeFiles(spool, folder, address, context, memory);
  if (made.length === 0 && !existsSync(folder)) {
    spool.remove();
    throw nothingThere(address);
  }
  const paths = await addedPaths(context, folder, made);
  const origin = { url: describeTopic(address) };
  const added = await recordAdd(context, ({ backend }) => backend.add(paths, options), origin);
  const result = await withOffsets(context, added, address, rangesIn(folder, address));
  if (spool.malformed > 0)
    onWarning?.(
      `${counted(spool.malformed, 'message')} could not be read, and ${spool.malformed === 1 ? 'is' : 'are'} not in ${target}`,
    );
  spool.remove();
  return result;
}

/** The new files alone, whatever else lies in the folder; all of it where it is no dataset yet, or one of DVC, which knows no parts. */
async function addedPaths(
  { backend }: Context,
  folder: string,
  made: readonly string[],
): Promise<readonly string[]> {
  const isWhole = made.length === 0 || backend.pointerSuffix !== POINTER_SUFFIX;
  return isWhole || (await backend.datasetNamed(folder)) === undefined ? [folder] : made;
}

/** Read what is still to come of the ranges, as a group of its own that commits nothing. */
async function fill(
  spool: TopicSpool,
  topic: Topic,
  schemas: RegisteredSchemas | undefined,
  { onProgress, onWarning }: Context,
): Promise<void> {
  if (spool.isDone) return;
  const reader = new MessageReader({ reader: AS_THEY_ARE, names: new NewNames(new Set()), schemas });
  const tally = new Tally(onWarning);
  const phase = `read ${topic.address.topic}`;
  const total = [...spool.ranges].reduce((sum, [, { from, until }]) => sum + until - from, 0);
  const left = (): number =>
    [...spool.ranges].reduce(
      (sum, [partition, { until }]) => sum + Math.max(0, until - spool.next(partition)!),
      0,
    );
  const events = topic.read({
    group: `varve-add-${process.pid}-${Date.now().toString(36)}`,
    positionsOf: async (partitions) =>
      new Map(
        partitions.flatMap((partition) => {
          const offset = spool.next(partition);
          return offset === undefined ? [] : [[partition, { offset }]];
        }),
      ),
  });
  for await (const event of events) {
    if (event.kind === 'assigned') continue;
    for (const message of event.messages) await take(spool, reader, tally, event.partition, message);
    await spool.moved(event.partition, event.next);
    onProgress?.({ phase, unit: 'rows', done: total - left(), total });
    if (spool.isDone) break;
  }
  await spool.save();
}

async function take(
  spool: TopicSpool,
  reader: MessageReader,
  tally: Tally,
  partition: number,
  { offset, value }: TopicMessage,
): Promise<void> {
  if (!spool.isAsked(partition, offset)) return;
  const rows = await reader.read(value);
  const isMixed = typeof rows !== 'string' && !(await spool.add(partition, rows));
  if (typeof rows === 'string' || isMixed) {
    const problem = typeof rows === 'string' ? rows : LEFT_OUT.mixed;
    tally.leaveOut(`The message of partition ${partition} at offset ${offset}`, problem);
    spool.malformed++;
  }
  await spool.moved(partition, offset + 1);
}

/** A version holds values as they were sent, whatever envelope they have. */
const AS_THEY_ARE = {
  read(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw requestInvalid('it is no object');
    return { envelope: [], rows: [value as Readonly<Record<string, unknown>>] };
  },
};

/** @param there what the folder has; undefined where the user says where to begin */
function wantedRanges(
  starts: ReadonlyMap<number, number>,
  ends: ReadonlyMap<number, number>,
  there: ReadonlyMap<number, readonly OffsetRange[]> | undefined,
): ReadonlyMap<number, OffsetRange> {
  const ranges = [...ends].map(([partition, until]) => {
    const known = Math.max(0, ...(there?.get(partition) ?? []).map((range) => range.until));
    return [partition, { from: Math.max(starts.get(partition) ?? 0, known), until }] as const;
  });
  return new Map(ranges.filter(([, { from, until }]) => from < until));
}

/** @throws VarveError `path-taken` for offsets that another file has */
function refuseOverlap(
  there: ReadonlyMap<number, readonly OffsetRange[]>,
  spool: TopicSpool,
  folder: string,
  address: KafkaAddress,
): void {
  for (const [partition, { from, until }] of spool.ranges) {
    const other = there.get(partition)?.find((one) => one.from < until && from < one.until);
    // What this very range has left there is written again.
    if (other === undefined || (other.from === from && other.until === until)) continue;
    const name = fileName(address, partition, other);
    spool.remove();
    throw new VarveError('path-taken', `${name} has offsets that were asked for already`, {
      path: join(folder, name),
      remedy: 'Leave out `--from`, which goes on behind what the folder has, or name another folder.',
    });
  }
}

/** As sinks of Kafka Connect name files, with the offset behind the last one too. */
function fileName({ topic }: KafkaAddress, partition: number, { from, until }: OffsetRange): string {
  const digits = (offset: number): string => String(offset).padStart(OFFSET_DIGITS, '0');
  return `${topic}+${partition}+${digits(from)}+${digits(until)}.parquet`;
}

/** Which offsets the files of a folder have, by partition, in their order. */
function rangesIn(folder: string, { topic }: KafkaAddress): ReadonlyMap<number, readonly OffsetRange[]> {
  const found = new Map<number, OffsetRange[]>();
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const [, of, partition, from, until] =
      /^(.+)\+(\d{1,10})\+(\d{10,16})\+(\d{10,16})\.parquet$/.exec(name) ?? [];
    if (of !== topic) continue;
    const ranges = found.get(Number(partition)) ?? [];
    found.set(Number(partition), [...ranges, { from: Number(from), until: Number(until) }]);
  }
  return found;
}

/** @returns absolute paths */
async function writeFiles(
  spool: TopicSpool,
  folder: string,
  address: KafkaAddress,
  { repository, signal }: Context,
  memory: string | undefined,
): Promise<string[]> {
  const filled = [...(await spool.files())].filter(([, files]) => files.some(({ size }) => size > 0));
  if (filled.length === 0) return [];
  new SafeFolders(repository.root).make(pathInRepository(repository, repository.root, folder));
  const names = filled.map(([partition]) =>
    join(folder, fileName(address, partition, spool.ranges.get(partition)!)),
  );
  const tables = filled.map(([, files]) => files.map(({ path }) => ({ absolutePath: path, path })));
  await exportTables(
    tables,
    { ...(memory !== undefined && { memory }), ...(signal && { signal }) },
    (path, at) => {
      const unfinished = unfinishedBeside(names[at]!);
      try {
        copyFileSync(path, unfinished);
        rmSync(path);
        renameOverSync(unfinished, names[at]!);
      } catch (error) {
        removeQuietly(unfinished);
        throw error;
      }
    },
  );
  return names;
}

/** Say in the pointer which offsets the version has. Where pointers can say nothing, the names of the files do. */
async function withOffsets(
  { backend }: Context,
  added: AddResult,
  address: KafkaAddress,
  ranges: ReadonlyMap<number, readonly OffsetRange[]>,
): Promise<AddResult> {
  const [dataset] = added.datasets;
  const offsets = [...ranges]
    .sort(([a], [b]) => a - b)
    .map(
      ([partition, own]) =>
        `${partition}:${joined(own)
          .map(({ from, until }) => `${from}-${until}`)
          .join('+')}`,
    )
    .join(',');
  const told =
    offsets.length <= MAX_META_LENGTH
      ? offsets
      : `${ranges.size} partitions; names of files have their offsets`;
  try {
    const meta = await backend.setMeta(dataset!.path, {
      [TOPIC_KEY]: describeTopic(address),
      [OFFSETS_KEY]: told,
    });
    return { ...added, datasets: [{ ...dataset!, meta }] };
  } catch (error) {
    if (error instanceof VarveError && error.code === 'dvc-unsupported') return added;
    throw error;
  }
}

/** Ranges that meet are one. */
function joined(ranges: readonly OffsetRange[]): readonly OffsetRange[] {
  const found: OffsetRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last !== undefined && range.from <= last.until) last.until = Math.max(last.until, range.until);
    else found.push({ ...range });
  }
  return found;
}

function nothingThere(address: KafkaAddress): VarveError {
  const path = describeTopic(address);
  return new VarveError('input-empty', `${path} has no message there that could be read`, {
    path,
    remedy: 'Give another `--from` or `--until`. Nothing was changed.',
  });
}
