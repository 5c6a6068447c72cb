import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkDataPath } from '../base/files/data-path.ts';
import { exportTables } from '../engine/export-tables.ts';
import { type ErrorCode, VarveError } from '../errors.ts';
import { describeTopic, type KafkaAddress, parseKafkaUrl } from '../kafka/address.ts';
import { parseStreamPosition } from '../kafka/positions.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { readKafkaSettings } from '../kafka/settings.ts';
import { Topic, type TopicMessage } from '../kafka/topic.ts';
import { counted } from '../wording/numbers.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { SafeFolders } from '../workspace/checkout/safe-folder.ts';
import { pointerPath } from '../workspace/pointer.ts';
import { pathInRepository, targetInRepository } from '../workspace/repository.ts';
import {
  formatOffsets,
  type OffsetRange,
  type OffsetRanges,
  parseOffsets,
  problemOfTopic,
  type TopicOrigin,
} from '../workspace/topic-origin.ts';
import { giveConsent } from '../workspace/trust/consent.ts';
import { topicRequest } from '../workspace/trust/topic.ts';
import { add } from './add.ts';
import { addMadeFiles } from './add-made-files.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { placeFile } from './datasets/place-file.ts';
import { unchangedVersion } from './datasets/unchanged-version.ts';
import { requestInvalid } from './inference/columns.ts';
import { LEFT_OUT, MessageReader, type MessageRows } from './stream/message-rows.ts';
import { RegisteredSchemas } from './stream/registered-schemas.ts';
import { Tally } from './stream/tally.ts';
import { TopicSpool } from './stream/topic-spool.ts';

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
  const origin: TopicOrigin = { url: describeTopic(address), ...(registry !== undefined && { registry }) };
  refuseUnkept(origin);
  const asked = settings.registry && new SchemaRegistry(settings.registry, { onNote: onWarning, signal });
  const target = targetInRepository(repository, context.cwd, to);
  checkDataPath(target);
  const folder = join(repository.root, target);
  const known = await rangesOf(context, folder, target, address);
  const topic = await Topic.open(address, { settings, onNote: onWarning, signal });
  let spool: TopicSpool;
  try {
    const question = JSON.stringify([describeTopic(address), target, from, until]);
    spool = await TopicSpool.open(repository.stateFolder, target, question, async () => {
      const starts = await topic.at(begin ?? { kind: 'earliest' }, '--from');
      const ends = await topic.at(end, '--until');
      if (begin !== undefined) return wantedRanges(starts, ends, undefined);
      tellDeleted(starts, known, address, onWarning);
      return wantedRanges(starts, ends, known);
    });
    refuseOverlap(known, spool, folder, address);
    await fill(spool, topic, asked && new RegisteredSchemas(asked), context);
  } finally {
    await topic.close();
  }
  const made = await writeFiles(spool, folder, address, context, memory);
  if (made.length === 0 && !existsSync(folder)) {
    spool.remove();
    throw nothingThere(address);
  }
  const taken = new Map([...spool.ranges].map(([partition, range]) => [partition, [range]] as const));
  const offsets = formatOffsets(together(together(known, rangesIn(folder, address)), taken));
  const result = await addedFiles(context, folder, made, {
    ...options,
    topic: { ...origin, ...(offsets !== undefined && { offsets }) },
  });
  // Who asks on this machine has agreed to ask again.
  giveConsent(repository.root, topicRequest(origin, pointerPath(target)));
  if (spool.malformed > 0)
    onWarning?.(
      `${counted(spool.malformed, 'message')} could not be read, and ${spool.malformed === 1 ? 'is' : 'are'} not in ${target}`,
    );
  spool.remove();
  return result;
}

async function addedFiles(
  context: Context,
  folder: string,
  made: readonly string[],
  options: BackendAddOptions,
): Promise<AddResult> {
  if (made.length > 0) return addMadeFiles(context, folder, made, options);
  const path = await context.backend.datasetNamed(folder);
  const topic = path === undefined ? undefined : await originOf(context, folder, path);
  return path === undefined || topic === undefined
    ? add(context, [folder], options)
    : unchangedVersion(context, path, { topic });
}

/** What the pointer says of where messages are from; undefined if it says nothing of a topic. */
async function originOf(
  { backend }: Context,
  folder: string,
  path: string,
): Promise<TopicOrigin | undefined> {
  try {
    return (await backend.followers([folder])).get(path)?.topic;
  } catch (error) {
    const codes: readonly ErrorCode[] = ['import-missing', 'dvc-unsupported'];
    if (error instanceof VarveError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** Which offsets the dataset has: those that its pointer names, and those of files that lie here. */
async function rangesOf(
  context: Context,
  folder: string,
  target: string,
  address: KafkaAddress,
): Promise<OffsetRanges> {
  const isDataset = (await context.backend.datasetNamed(folder)) !== undefined;
  const origin = isDataset ? await originOf(context, folder, target) : undefined;
  const isSame = origin !== undefined && parseKafkaUrl(origin.url).topic === address.topic;
  return together(isSame ? parseOffsets(origin.offsets ?? '') : new Map(), rangesIn(folder, address));
}

function together(one: OffsetRanges, other: OffsetRanges): OffsetRanges {
  const partitions = new Set([...one.keys(), ...other.keys()]);
  return new Map(
    [...partitions].map((partition) => [
      partition,
      [...(one.get(partition) ?? []), ...(other.get(partition) ?? [])],
    ]),
  );
}

/** @throws VarveError `stream-url-invalid` for what a pointer could not say */
function refuseUnkept(origin: TopicOrigin): void {
  const problem = problemOfTopic(origin);
  if (problem === undefined) return;
  throw new VarveError('stream-url-invalid', `${withoutSecrets(origin.url)} cannot be kept: ${problem}`, {
    path: withoutSecrets(origin.url),
    remedy: 'Name two or three brokers of the cluster, and a registry by its URL without user and query.',
  });
}

/** Read what is still to come of the ranges, as a group of its own that commits nothing. */
async function fill(
  spool: TopicSpool,
  topic: Topic,
  schemas: RegisteredSchemas | undefined,
  { onProgress, onWarning }: Context,
): Promise<void> {
  if (spool.isDone) return;
  const reader = new MessageReader({ reader: AS_THEY_ARE, names: undefined, schemas });
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
    for (const message of event.messages) {
      if (!spool.isAsked(event.partition, message.offset)) continue;
      const read = reader.read(message.value);
      take(spool, tally, event.partition, message, read instanceof Promise ? await read : read);
    }
    spool.moved(event.partition, event.next);
    onProgress?.({ phase, unit: 'rows', done: total - left(), total });
    if (spool.isDone) break;
  }
  spool.save();
}

function take(
  spool: TopicSpool,
  tally: Tally,
  partition: number,
  { offset }: TopicMessage,
  rows: MessageRows | string,
): void {
  const isMixed = typeof rows !== 'string' && !spool.add(partition, rows);
  if (typeof rows === 'string' || isMixed) {
    const problem = typeof rows === 'string' ? rows : LEFT_OUT.mixed;
    tally.leaveOut(`The message of partition ${partition} at offset ${offset}`, problem);
    spool.malformed++;
  }
  spool.moved(partition, offset + 1);
}

/** A version holds values as they were sent, whatever envelope they have. */
const AS_THEY_ARE = {
  read(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw requestInvalid('it is no object');
    return { forms: [], rows: [value as Readonly<Record<string, unknown>>] };
  },
};

/**
 * The range of each partition; an empty one of a partition that the user has begin with what comes from now on, so that it will.
 * @param there what the folder has; undefined where the user says where to begin
 */
function wantedRanges(
  starts: ReadonlyMap<number, number>,
  ends: ReadonlyMap<number, number>,
  there: OffsetRanges | undefined,
): ReadonlyMap<number, OffsetRange> {
  const ranges = [...ends].map(([partition, until]) => {
    const known = Math.max(0, ...(there?.get(partition) ?? []).map((range) => range.until));
    const from = Math.max(starts.get(partition) ?? 0, known);
    return [partition, { from, until: there === undefined ? Math.max(from, until) : until }] as const;
  });
  const isKept = ({ from, until }: OffsetRange) => from < until || (there === undefined && from > 0);
  return new Map(ranges.filter(([, range]) => isKept(range)));
}

/** Say what nobody can take any more: behind what the folder has, the topic has deleted messages. */
function tellDeleted(
  starts: ReadonlyMap<number, number>,
  there: OffsetRanges,
  address: KafkaAddress,
  onWarning: Context['onWarning'],
): void {
  for (const [partition, ranges] of there) {
    const known = Math.max(...ranges.map((range) => range.until));
    const deleted = (starts.get(partition) ?? 0) - known;
    if (deleted > 0)
      onWarning?.(
        `${describeTopic(address)} has deleted ${counted(deleted, 'message')} of partition ${partition} that were not taken: those from offset ${known} on`,
      );
  }
}

/** @throws VarveError `path-taken` for offsets that another file has */
function refuseOverlap(there: OffsetRanges, spool: TopicSpool, folder: string, address: KafkaAddress): void {
  for (const [partition, { from, until }] of spool.ranges) {
    if (from === until) continue;
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
function rangesIn(folder: string, { topic }: KafkaAddress): OffsetRanges {
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
  const filled = [...spool.files()].filter(([, files]) => files.some(({ size }) => size > 0));
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
      placeFile(path, names[at]!);
      rmSync(path);
    },
  );
  return names;
}

function nothingThere(address: KafkaAddress): VarveError {
  const path = describeTopic(address);
  return new VarveError('input-empty', `${path} has no message there that could be read`, {
    path,
    remedy: 'Give another `--from` or `--until`. Nothing was changed.',
  });
}
