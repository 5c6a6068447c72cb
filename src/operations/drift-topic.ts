import { rm } from 'node:fs/promises';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import type { DriftReport } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import { describeTopic, parseKafkaUrl } from '../kafka/address.ts';
import { parseStreamPosition, type StreamPosition } from '../kafka/positions.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { readKafkaSettings } from '../kafka/settings.ts';
import { type CommittedPosition, Topic, type TopicEvent, type TopicMessage } from '../kafka/topic.ts';
import type { Watch } from './context/context.ts';
import { openReference, type Reference } from './inference/reference.ts';
import { RequestReader } from './inference/requests.ts';
import { deletedBehind, deletedWords } from './stream/deleted.ts';
import { tellOfUnknownTime } from './stream/event-time.ts';
import { LEFT_OUT, MessageReader, type MessageRows } from './stream/message-rows.ts';
import { RegisteredSchemas } from './stream/registered-schemas.ts';
import { nothingCompared, nothingReadable, reportOf } from './stream/report.ts';
import { Tally } from './stream/tally.ts';
import { TopicProgress } from './stream/topic-progress.ts';
import { type StreamOptions, windowsOf } from './stream/window-options.ts';
import type { ClosedWindow, StreamWindows } from './stream/windows.ts';

export interface TopicOptions extends StreamOptions {
  /** The consumer group, whose committed offsets are where a second run goes on. Unless given, one is named by the dataset. */
  readonly group?: string | undefined;
  /** Where a group begins that has committed nothing: `earliest` unless given, `latest`, a time, an offset, or one by partition. */
  readonly from?: string | undefined;
  /** Where reading ends, likewise; `latest` is what the topic has when it begins. Unless given, it never ends. */
  readonly until?: string | undefined;
  /** The URL of a registry that has the schemas of values. */
  readonly registry?: string | undefined;
}

/**
 * Compare the messages of a topic, window by window, with a snapshot's profile, and yield each report as soon as its window is closed. Offsets
 * are committed when the next report is asked for: who was killed before that is told of the same window again, under the same number.
 * @param url `kafka://broker[:port][,broker…]/topic`; TLS, users and passwords come from variables and ~/.config/kcat.conf
 * @throws VarveError `stream-url-invalid`, `stream-settings-invalid`, `stream-unreachable`, `stream-refused`, `stream-error`, `topic-missing`,
 * `offsets-missing`, `driver-missing`, `input-empty` where it ends and had nothing to compare, `usage`, and as openReference
 */
export async function* driftTopic(
  cwd: string,
  snapshot: string,
  url: string,
  options: TopicOptions,
  watch: Watch = {},
): AsyncGenerator<DriftReport> {
  const address = parseKafkaUrl(url);
  const { onWarning: onNote, signal } = watch;
  const from = parseStreamPosition(options.from ?? 'earliest', '--from');
  const until = options.until === undefined ? undefined : parseStreamPosition(options.until, '--until');
  const settings = readKafkaSettings(options.registry);
  const registry = settings.registry && new SchemaRegistry(settings.registry, { onNote, signal });
  const folder = makeTemporaryFolder('stream');
  const unfinished = removeAtExit(folder);
  let topic: Topic | undefined;
  try {
    const windows = windowsOf(options, folder);
    const reference = await openReference(cwd, snapshot, options, watch);
    tellOfUnknownTime(reference, options, watch);
    topic = await Topic.open(address, { settings, onNote, signal });
    const reader = new MessageReader({
      reader: new RequestReader(reference.columns),
      names: reference.columns.nested,
      schemas: registry && new RegisteredSchemas(registry),
      timeField: options.eventTime,
    });
    const progress = new TopicProgress(until && (await topic.at(until, { option: '--until' })));
    const tally = new Tally(onNote);
    yield* new TopicDrift(topic, { reference, reader, windows, progress, tally }, watch).reports(
      options.group ?? defaultGroup(snapshot),
      from,
    );
  } finally {
    await topic?.close();
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

/** One for all versions of a dataset: what was reported stays so when a new one is compared with. */
function defaultGroup(snapshot: string): string {
  const dataset = snapshot.replace(/@[^@]*$/, '');
  return `varve-drift-${dataset.replace(/[^a-zA-Z0-9._-]+/g, '.')}`;
}

interface Parts {
  readonly reference: Reference;
  readonly reader: MessageReader;
  readonly windows: StreamWindows;
  readonly progress: TopicProgress;
  readonly tally: Tally;
}

class TopicDrift {
  readonly #topic: Topic;
  readonly #parts: Parts;
  readonly #watch: Watch;
  /** Whether the partitions are still this member's; if not, they are given out anew, and what is read until then is no longer its own. */
  #isOurs = false;
  #reports = 0;

  /** Where partitions ended when they were given out. */
  #ends: ReadonlyMap<number, number> = new Map();

  constructor(topic: Topic, parts: Parts, watch: Watch) {
    this.#topic = topic;
    this.#parts = parts;
    this.#watch = watch;
  }

  async *reports(group: string, from: StreamPosition): AsyncGenerator<DriftReport> {
    const { windows, progress } = this.#parts;
    const events = this.#topic.read({ group, positionsOf: (...given) => this.#positions(from, ...given) });
    for await (const event of events) {
      if (event.kind === 'assigned') await this.#begin(event.positions);
      else if (this.#isOurs) yield* this.#read(event);
      if (!this.#isOurs || !progress.isDone) continue;
      yield* this.#reported(windows.rest(), () => windows.rest());
      // Where no report came out, nobody was told of what was read: it stays to be read by a corrected command.
      if (this.#isOurs && this.#reports > 0) await this.#commit();
      if (this.#isOurs) break;
    }
    this.#tellOfTheRest();
  }

  async #begin(positions: ReadonlyMap<number, CommittedPosition>): Promise<void> {
    const { windows, progress, tally, reader } = this.#parts;
    await windows.discard();
    tally.clear();
    reader.beginWindow();
    windows.begin(progress.assign(positions), this.#awaited(positions));
    this.#isOurs = true;
    // From now on, the group knows where it began, so that one that is killed at once passes over nothing, and in which generation.
    await this.#commit();
  }

  async *#read({
    partition,
    messages,
    next,
    end,
  }: Extract<TopicEvent, { kind: 'messages' }>): AsyncGenerator<DriftReport> {
    const { windows, progress } = this.#parts;
    for (const message of messages) {
      if (progress.isPastEnd(partition, message.offset)) break;
      const read = this.#parts.reader.read(message.value);
      this.#take(partition, message, read instanceof Promise ? await read : read);
      progress.moved(partition, message.offset + 1);
      const due = this.#due();
      if (due === undefined) continue;
      yield* this.#reported(due, () => windows.due());
      if (!this.#isOurs) return;
    }
    progress.moved(partition, next, end);
    if (progress.isPastEnd(partition, next)) windows.leave(partition);
    else windows.reached(partition, next >= end);
    yield* this.#reported(this.#due(), () => windows.due());
  }

  #tellOfTheRest(): void {
    const { tally, reader } = this.#parts;
    if (tally.withoutRows !== undefined)
      this.#watch.onWarning?.(
        `No message held a request: there were messages without rows, ${tally.withoutRows}`,
      );
    if (tally.malformed + tally.late > 0)
      this.#watch.onWarning?.(
        `Of the last messages, ${tally.malformed} could not be read, and the rows of ${tally.late} came too late`,
      );
    if (this.#reports > 0) return;
    const path = describeTopic(this.#topic.address);
    throw tally.malformed > 0
      ? nothingReadable(path, tally.malformed, reader.timeField)
      : nothingCompared(path);
  }

  /** Partitions that are still to be read, and whether they have nothing now. */
  #awaited(positions: ReadonlyMap<number, CommittedPosition>): ReadonlyMap<number, boolean> {
    const { progress } = this.#parts;
    const left = [...positions].filter(([partition, { offset }]) => !progress.isPastEnd(partition, offset));
    return new Map(
      left.map(([partition, { offset }]) => [partition, offset >= (this.#ends.get(partition) ?? 0)]),
    );
  }

  #due(): ClosedWindow | undefined {
    const { windows, progress } = this.#parts;
    return progress.isReplaying ? undefined : windows.due();
  }

  #take(partition: number, { offset, time }: TopicMessage, rows: MessageRows | string): void {
    const { reader, windows, progress, tally } = this.#parts;
    const isAgain = progress.isDealtWith(partition, offset);
    if (typeof rows === 'string') {
      if (!isAgain) this.#leaveOut(partition, offset, rows);
      return;
    }
    if (!isAgain) tally.read(rows);
    const sent = time < 0 ? undefined : time;
    const taken = windows.add(rows, reader.timeOf(rows, sent), { partition, offset });
    if (taken === 'taken' || isAgain) return;
    if (taken === 'late') tally.late += rows.rows;
    else this.#leaveOut(partition, offset, LEFT_OUT[taken]);
  }

  #leaveOut(partition: number, offset: number, reason: string): void {
    this.#parts.tally.leaveOut(`The message of partition ${partition} at offset ${offset}`, reason);
  }

  /** Report windows as long as there are some, and commit each once its report is out. */
  async *#reported(
    first: ClosedWindow | undefined,
    next: () => ClosedWindow | undefined,
  ): AsyncGenerator<DriftReport> {
    const { reference, reader, windows, progress, tally } = this.#parts;
    for (let window = first; window !== undefined; window = next()) {
      reader.beginWindow();
      if (window.rows === 0) continue;
      const number = ++progress.window;
      const committable = progress.committable(windows);
      const offsets = progress.offsetsOf(window, await this.#ranges());
      const lag = offsets.reduce((sum, one) => sum + one.lag, 0);
      const { malformed, late } = tally;
      const { generation } = progress;
      const counts = { window: number, generation, malformed, late, lag, offsets };
      const report = await reportOf(reference, window, counts);
      tally.clear();
      this.#reports++;
      yield report;
      await this.#commit(committable);
      // Whoever has the partitions now begins again from what was committed.
      if (!this.#isOurs) return;
    }
  }

  async #ranges() {
    try {
      return await this.#topic.ranges();
    } catch {
      // The lag is then what was known last. Reading tells of the outage.
      this.#watch.signal?.throwIfAborted();
      return undefined;
    }
  }

  async #commit(positions = this.#parts.progress.committable(this.#parts.windows)): Promise<void> {
    try {
      this.#isOurs = await this.#topic.commit(positions);
    } catch (error) {
      this.#watch.signal?.throwIfAborted();
      this.#watch.onWarning?.(
        `Offsets could not be committed (${(error as Error).message}): what the group shares out anew may be reported again`,
      );
    }
  }

  async #positions(
    from: StreamPosition,
    partitions: readonly number[],
    committed: ReadonlyMap<number, CommittedPosition>,
  ): Promise<ReadonlyMap<number, CommittedPosition>> {
    const ranges = await this.#topic.ranges();
    this.#ends = new Map([...ranges].map(([partition, { high }]) => [partition, high]));
    const anew = partitions.filter((one) => !committed.has(one));
    const starts =
      anew.length === 0
        ? new Map<number, number>()
        : await this.#topic.at(from, { option: '--from', partitions: anew });
    const { onWarning } = this.#watch;
    if (partitions.length < ranges.size)
      onWarning?.(
        `Others of this group read the other partitions: this one has ${partitions.join(', ') || 'none'}`,
      );
    const path = describeTopic(this.#topic.address);
    for (const one of deletedBehind(from, starts).filter(({ partition }) => anew.includes(partition)))
      onWarning?.(deletedWords(path, one, 'read'));
    return new Map(
      partitions.map((partition) => {
        const { low, high } = ranges.get(partition) ?? { low: 0, high: 0 };
        const position = committed.get(partition) ?? { offset: starts.get(partition) ?? low };
        if (position.offset > high) throw topicAnew(path, partition, position.offset, high);
        if (position.offset >= low) return [partition, position];
        onWarning?.(deletedWords(path, { partition, from: position.offset, until: low }, 'read'));
        return [partition, { ...position, offset: low }];
      }),
    );
  }
}

function topicAnew(path: string, partition: number, offset: number, high: number): VarveError {
  return new VarveError(
    'offsets-missing',
    `The group has read partition ${partition} of ${path} up to offset ${offset}, and it ends at ${high}: it was made anew`,
    { path, remedy: 'Name another group by `--group`: it begins where `--from` says.' },
  );
}
