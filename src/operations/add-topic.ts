import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkDataPath } from '../base/files/data-path.ts';
import { exportTables } from '../engine/export-tables.ts';
import { type ErrorCode, VarveError } from '../errors.ts';
import { describeTopic, type KafkaAddress, parseKafkaUrl } from '../kafka/address.ts';
import { namedOffset, parseStreamPosition, type StreamPosition } from '../kafka/positions.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { readKafkaSettings } from '../kafka/settings.ts';
import { type PartitionRange, Topic, type TopicMessage } from '../kafka/topic.ts';
import { counted } from '../wording/numbers.ts';
import { shellWord } from '../wording/quote.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { SafeFolders } from '../workspace/checkout/safe-folder.ts';
import { pointerPath } from '../workspace/pointer.ts';
import { pathInRepository, targetInRepository } from '../workspace/repository.ts';
import {
  formatOffsets,
  type OffsetRange,
  type OffsetRanges,
  type PartitionOffsets,
  parseOffsets,
  problemOfTopic,
  type TopicEnd,
  type TopicOrigin,
} from '../workspace/topic-origin.ts';
import { giveConsent, requireSafeTrust, requireTrust } from '../workspace/trust/consent.ts';
import { topicRequest } from '../workspace/trust/topic.ts';
import { add } from './add.ts';
import { addMadeFiles } from './add-made-files.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { addCommand } from './datasets/add-command.ts';
import { placeFile } from './datasets/place-file.ts';
import { unchangedVersion } from './datasets/unchanged-version.ts';
import { requestInvalid } from './inference/columns.ts';
import { deletedBehind, deletedWords } from './stream/deleted.ts';
import { LEFT_OUT, MessageReader, type MessageRows, UNREGISTERED } from './stream/message-rows.ts';
import { RegisteredSchemas } from './stream/registered-schemas.ts';
import { Tally } from './stream/tally.ts';
import { type TopicPlan, TopicSpool } from './stream/topic-spool.ts';

export interface AddTopicOptions extends BackendAddOptions {
  /** Path of the folder that the files are to lie in. */
  readonly to: string;
  /** Where to begin: `earliest`, `latest`, a time, an offset, or one by partition. Unless given, behind what the folder has. */
  readonly from?: string | undefined;
  /** Where to end, likewise: `latest` unless given, which is what the topic has when it begins. */
  readonly until?: string | undefined;
  /** The URL of a registry that has the schemas of values. */
  readonly registry?: string | undefined;
  /** Whether a pointer says it all, and this machine agreed to that; else who asks agrees to ask again. */
  readonly isFollowed?: boolean;
  /** Bounds the engine that writes the files, such as `512MB`. */
  readonly memory?: string | undefined;
}

/** Digits of offsets in names of files, so that their order is that of the names. */
const OFFSET_DIGITS = 10;

/**
 * Take a range of the messages of a topic into Parquet, a file for each partition that is named by its offsets, and add the folder. What a
 * process that was killed had read is not read again by the same call. Rows wait on the disk: memory does not grow with them. The pointer
 * keeps `until`, unless that is `latest`: an update goes on up to there, and no further.
 * @param url `kafka://broker[:port][,broker…]/topic`; TLS, users and passwords come from variables and ~/.config/kcat.conf
 * @throws VarveError `stream-url-invalid`, `stream-settings-invalid`, `stream-unreachable`, `stream-refused`, `stream-error`, `topic-missing`,
 * `offsets-missing`, `driver-missing`, `input-empty`, `path-taken`, `trust-unsafe`, and the codes of {@link add}
 */
export async function addTopic(
  context: Context,
  url: string,
  { to, from, until, registry: named, memory, isFollowed, ...options }: AddTopicOptions,
): Promise<AddResult> {
  const address = parseKafkaUrl(url);
  const { repository, onWarning, signal } = context;
  const begin = from === undefined ? undefined : parseStreamPosition(from, '--from');
  // What a pointer says is no option that anybody gave.
  const endName = isFollowed ? 'topic-until' : '--until';
  const end = parseStreamPosition(until ?? 'latest', endName);
  const target = targetInRepository(repository, context.cwd, to);
  checkDataPath(target);
  const folder = join(repository.root, target);
  const followed = await followedBefore(context, folder, target, address);
  const registry = named ?? followed?.registry;
  const settings = readKafkaSettings(registry);
  const origin: TopicOrigin = { url: describeTopic(address), ...(registry !== undefined && { registry }) };
  refuseUnkept(origin);
  // A registry that nobody typed came through Git.
  if (!isFollowed) requireAsked(repository.root, target, registry === named ? undefined : followed);
  const asked = settings.registry && new SchemaRegistry(settings.registry, { onNote: onWarning, signal });
  const known = together(parseOffsets(followed?.offsets ?? ''), rangesIn(folder, address));
  const topic = await Topic.open(address, { settings, onNote: onWarning, signal });
  let spool: TopicSpool;
  try {
    const question = JSON.stringify({ topic: describeTopic(address), to: target, from, until });
    const there = await topic.ranges();
    if (begin === undefined) refuseMadeAnew(known, there, origin, `${target} has`);
    spool = await TopicSpool.open(repository.stateFolder, target, question, () =>
      planOf(topic, { begin, end, endName, until }, { origin, known, followed }),
    );
    refuseLeftOver(spool, there, origin);
    passOverDeleted(spool, there, address, onWarning);
    refuseOverlap(known, spool, folder, address);
    await fill(spool, topic, asked && new RegisteredSchemas(asked), context, target);
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
  const { end: kept, deleted } = spool;
  const result = await addedFiles(context, folder, made, followed, {
    ...options,
    topic: { ...origin, ...(offsets !== undefined && { offsets }), ...kept },
  });
  // Who asks on this machine has agreed to ask again.
  if (!isFollowed) giveConsent(repository.root, topicRequest(origin, pointerPath(target)));
  tellMalformed(spool, target, onWarning);
  spool.remove();
  return deleted.length === 0
    ? result
    : { ...result, datasets: result.datasets.map((dataset) => ({ ...dataset, deleted })) };
}

function tellMalformed({ malformed }: TopicSpool, target: string, onWarning: Context['onWarning']): void {
  if (malformed === 0) return;
  onWarning?.(
    `${counted(malformed, 'message')} could not be read, and ${malformed === 1 ? 'is' : 'are'} not in ${target}`,
  );
}

/** @param unnamed what a pointer says, where it adds to what was typed @throws VarveError `trust-unsafe`, `settings-untrusted` */
function requireAsked(root: string, target: string, unnamed: TopicOrigin | undefined): void {
  requireSafeTrust(root);
  if (unnamed !== undefined) requireTrust(root, topicRequest(unnamed, pointerPath(target)));
}

interface Asked {
  /** Undefined where it goes on behind what the folder has. */
  readonly begin: StreamPosition | undefined;
  readonly end: StreamPosition;
  /** What says the end, for messages. */
  readonly endName: string;
  readonly until: string | undefined;
}

interface Before {
  readonly origin: TopicOrigin;
  readonly known: OffsetRanges;
  readonly followed: TopicOrigin | undefined;
}

/** What is to be taken, by what the topic has now. @throws VarveError `usage`, `stream-url-invalid` */
async function planOf(
  topic: Topic,
  { begin, end, endName, until }: Asked,
  { origin, known, followed }: Before,
): Promise<TopicPlan> {
  const starts = await topic.at(begin ?? { kind: 'earliest' }, { option: '--from' });
  const ends = await topic.at(end, { option: '--until', name: endName });
  const ranges = wantedRanges(starts, ends, begin === undefined ? known : undefined);
  const deleted = begin === undefined ? deletedSince(known, starts, ends) : deletedBehind(begin, starts, end);
  const kept = until === undefined || until === 'latest' ? {} : endAt(until, end, ends);
  refuseUnkept({ ...origin, ...kept });
  return { ranges, deleted, end: endToKeep(kept, ranges, known, followed) };
}

async function addedFiles(
  context: Context,
  folder: string,
  made: readonly string[],
  followed: TopicOrigin | undefined,
  options: BackendAddOptions & { readonly topic: TopicOrigin },
): Promise<AddResult> {
  if (made.length > 0) return addMadeFiles(context, folder, made, options);
  const path = await context.backend.datasetNamed(folder);
  if (path === undefined) return add(context, [folder], options);
  const own = followed ?? (await originOf(context, folder, path));
  if (own === undefined) return add(context, [folder], options);
  if (followed === undefined) return unchangedVersion(context, path, { topic: own });
  // What lies here beside the version is not taken for a part of it.
  const { offsets: _, ...told } = options.topic;
  const topic = { ...told, ...(own.offsets !== undefined && { offsets: own.offsets }) };
  return { datasets: [await context.backend.setTopic(path, topic)] };
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

/** What the pointer of the folder says of this very topic. */
async function followedBefore(
  context: Context,
  folder: string,
  target: string,
  address: KafkaAddress,
): Promise<TopicOrigin | undefined> {
  const isDataset = (await context.backend.datasetNamed(folder)) !== undefined;
  const origin = isDataset ? await originOf(context, folder, target) : undefined;
  return origin !== undefined && parseKafkaUrl(origin.url).topic === address.topic ? origin : undefined;
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
    remedy:
      'Name two or three brokers of the cluster, a registry by its URL without user and query, and an end by a time or by one offset for all partitions.',
  });
}

/** Read what is still to come of the ranges, as a group of its own that commits nothing. */
async function fill(
  spool: TopicSpool,
  topic: Topic,
  schemas: RegisteredSchemas | undefined,
  { onProgress, onWarning }: Context,
  target: string,
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
      if (read === UNREGISTERED) {
        // Nothing was taken of it, so that no offset counts as taken.
        spool.remove();
        throw registryMissing(topic.address, event.partition, message.offset, target);
      }
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
    const from = Math.max(starts.get(partition) ?? 0, endOf(there?.get(partition)));
    return [partition, { from, until: there === undefined ? Math.max(from, until) : until }] as const;
  });
  const isKept = ({ from, until }: OffsetRange) => from < until || (there === undefined && from > 0);
  return new Map(ranges.filter(([, range]) => isKept(range)));
}

/** An end as a pointer keeps it, and whether the topic has all up to there: then nothing that comes later belongs to the range. */
function endAt(until: string, end: StreamPosition, ends: ReadonlyMap<number, number>): TopicEnd {
  const wanted = (partition: number): number => namedOffset(end, partition) ?? ends.get(partition)!;
  const isComplete =
    end.kind === 'time'
      ? end.time <= Date.now()
      : [...ends].every(([partition, offset]) => offset >= wanted(partition));
  // Partitions that were not named end with what they have now, and not with what they have when somebody asks again.
  const kept =
    end.kind === 'offsets' ? [...ends.keys()].map((one) => `${one}:${wanted(one)}`).join(',') : until;
  return { until: kept, ...(isComplete && { complete: true }) };
}

/** Where the dataset ends from now on: a range that adds nothing behind what it has, such as an earlier one, leaves its end as it was. */
function endToKeep(
  asked: TopicEnd,
  ranges: ReadonlyMap<number, OffsetRange>,
  known: OffsetRanges,
  followed: TopicOrigin | undefined,
): TopicEnd {
  const goesOn = [...ranges].some(
    ([partition, { from, until }]) => from < until && until > endOf(known.get(partition)),
  );
  if (followed === undefined || !asked.complete || goesOn || asked.until === followed.until) return asked;
  const { until, complete } = followed;
  return { ...(until !== undefined && { until }), ...(complete && { complete }) };
}

/** The offset behind the last of some ranges. */
function endOf(ranges: readonly OffsetRange[] = []): number {
  return Math.max(0, ...ranges.map(({ until }) => until));
}

/** What nobody can take any more: behind what the folder has, and before the end, the topic has deleted messages. */
function deletedSince(
  known: OffsetRanges,
  starts: ReadonlyMap<number, number>,
  ends: ReadonlyMap<number, number>,
): PartitionOffsets[] {
  return [...known].flatMap(([partition, ranges]) => {
    const from = endOf(ranges);
    const until = Math.min(starts.get(partition) ?? 0, ends.get(partition) ?? 0);
    return from < until ? [{ partition, from, until }] : [];
  });
}

/** Pass over what the topic deleted since the run began that was cut off, and tell of all that it deleted. */
function passOverDeleted(
  spool: TopicSpool,
  there: ReadonlyMap<number, PartitionRange>,
  address: KafkaAddress,
  onWarning: Context['onWarning'],
): void {
  for (const [partition] of spool.ranges) spool.passDeleted(partition, there.get(partition)?.low ?? 0);
  for (const one of spool.deleted) onWarning?.(deletedWords(describeTopic(address), one, 'taken'));
}

/**
 * @param known what was taken of the topic
 * @param whose begins the sentence
 * @throws VarveError `offsets-missing` where the topic ends before that, as one does that was made anew: its offsets are of other messages
 */
function refuseMadeAnew(
  known: OffsetRanges,
  there: ReadonlyMap<number, PartitionRange>,
  { url: path, registry }: TopicOrigin,
  whose: string,
): void {
  for (const [partition, ranges] of known) {
    const [end, high] = [endOf(ranges), there.get(partition)?.high ?? 0];
    if (end > high)
      throw new VarveError(
        'offsets-missing',
        `${whose} partition ${partition} of ${path} up to offset ${end}, and it ends at ${high}: the topic was made anew`,
        {
          path,
          remedy: `Take it into another folder: \`${addCommand(path, { registry, to: 'FOLDER' })}\`. What was taken before stays as it is.`,
        },
      );
  }
}

/** What a run left of a topic that was made anew since is of no use: the next run begins. @throws VarveError `offsets-missing` */
function refuseLeftOver(
  spool: TopicSpool,
  there: ReadonlyMap<number, PartitionRange>,
  origin: TopicOrigin,
): void {
  try {
    const asked = [...spool.ranges].map(([partition, range]) => [partition, [range]] as const);
    refuseMadeAnew(new Map(asked), there, origin, 'A run that was cut off asked for');
  } catch (error) {
    spool.remove();
    throw error;
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

/** A value as serializers of a registry write it cannot be read without that, and is not broken. */
function registryMissing(
  address: KafkaAddress,
  partition: number,
  offset: number,
  target: string,
): VarveError {
  const path = describeTopic(address);
  return new VarveError(
    'stream-settings-invalid',
    `The message of partition ${partition} at offset ${offset} of ${path} is written by a schema of a registry, and none is named`,
    {
      path,
      remedy: `Name it by \`--registry https://HOST:PORT\` of \`varve add ${shellWord(path)}\`, with \`--to\` and the other options as before, or in SCHEMA_REGISTRY_URL. Nothing was taken into ${target}.`,
    },
  );
}

function nothingThere(address: KafkaAddress): VarveError {
  const path = describeTopic(address);
  return new VarveError('input-empty', `${path} has no message there that could be read`, {
    path,
    remedy: 'Give another `--from` or `--until`. Nothing was changed.',
  });
}
