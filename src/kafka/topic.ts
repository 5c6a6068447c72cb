import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Consumer, Kafka, KafkaConfig, logCreator } from 'kafkajs';
import { VarveError } from '../errors.ts';
import { counted } from '../wording/numbers.ts';
import { describeTopic, type KafkaAddress } from './address.ts';
import { BrokerConnections, FETCH_BYTES } from './connections.ts';
import { loadDriver } from './driver.ts';
import { faultError, isGivenOutAnew, kafkaError, saidBy, topicMissing } from './errors.ts';
import { loginUnwanted } from './faults.ts';
import { FetchBudget } from './fetch-budget.ts';
import { Handover } from './handover.ts';
import { namedOffset, type StreamPosition } from './positions.ts';
import type { KafkaSettings } from './settings.ts';

export interface TopicMessage {
  readonly offset: number;
  /** When it was made, or appended, as the topic has it: milliseconds since 1970. */
  readonly time: number;
  readonly value: Buffer | null;
}

/** What happens while a topic is read, in its order. */
export type TopicEvent =
  /** From now on these partitions are read, each from its position: what was taken and not committed comes again. */
  | { readonly kind: 'assigned'; readonly positions: ReadonlyMap<number, CommittedPosition> }
  /** The next of a partition. There may be none, where `next` alone moves on, as behind a transaction. */
  | {
      readonly kind: 'messages';
      readonly partition: number;
      readonly messages: readonly TopicMessage[];
      /** The offset behind the last of them. */
      readonly next: number;
      /** The offset that the next message of the partition will get, as far as it is known. */
      readonly end: number;
    };

export interface CommittedPosition {
  readonly offset: number;
  /** What was written beside the offset when it was committed. */
  readonly note?: string;
}

/** What a partition has: messages from `low` up to, and without, `high`. */
export interface PartitionRange {
  readonly low: number;
  readonly high: number;
}

/** What a position is of. */
export interface PositionOption {
  readonly option: '--from' | '--until';
  /** What says it, for messages; the option unless given. */
  readonly name?: string;
  /** Those that matter; all unless given. */
  readonly partitions?: readonly number[];
}

export interface TopicAccess {
  readonly settings: KafkaSettings;
  /** Told of outages, and of their end. */
  readonly onNote?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A member of a group: no two of its members read one partition. */
export interface GroupOptions {
  readonly group: string;
  /**
   * Where to read partitions that this member is given; those that are left out are not read. What the group has committed is at hand.
   */
  readonly positionsOf: (
    partitions: readonly number[],
    committed: ReadonlyMap<number, CommittedPosition>,
  ) => Promise<ReadonlyMap<number, CommittedPosition>>;
}

/** At the start, nothing is waited for longer. */
const START_MS = 10_000;
/** So that at the start another broker has its turn, where one drops what is sent to it. */
const CONNECT_MS = 4000;
const REQUEST_MS = 30_000;
const HEARTBEAT_MS = 1000;
const CLOSE_MS = 5000;
/** After so long, a group gives the partitions of a member that was killed to others: its next run waits as long. Brokers take 6 s and more. */
const SESSION_MS = 10_000;
/** Attempts before a request is given up, which take some ten seconds. */
const RETRIES = { retries: 7, initialRetryTime: 300, maxRetryTime: 2000 };
const PARTITION_BYTES = 1024 * 1024;

/** A topic, and the connections over which it is read. Close it in a `finally`. */
export class Topic {
  readonly address: KafkaAddress;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #log: OutageLog;
  readonly #onNote: TopicAccess['onNote'];
  readonly #connections: BrokerConnections;
  /** Ends all that is waited for: aborted by the user, or by what a broker sent. */
  readonly #signal: AbortSignal;
  #consumer: Consumer | undefined;
  /** How often this member was given partitions, and of which of these times whoever reads knows. */
  #joined = 0;
  #assigned = 0;

  private constructor(
    address: KafkaAddress,
    kafka: Kafka,
    log: OutageLog,
    onNote: TopicAccess['onNote'],
    connections: BrokerConnections,
    signal: AbortSignal,
  ) {
    this.address = address;
    this.#kafka = kafka;
    this.#admin = kafka.admin({ retry: RETRIES });
    this.#log = log;
    this.#onNote = onNote;
    this.#connections = connections;
    this.#signal = signal;
  }

  /**
   * Connect, and see that there is such a topic.
   * @throws VarveError `driver-missing`, `stream-unreachable`, `stream-refused`, `stream-error`, `topic-missing`
   */
  static async open(address: KafkaAddress, { settings, onNote, signal }: TopicAccess): Promise<Topic> {
    const driver = await loadDriver();
    const faults = new AbortController();
    const connections = new BrokerConnections(address, settings.sasl !== undefined, (fault) =>
      faults.abort(fault),
    );
    const log = new OutageLog(address, connections, onNote, faults);
    const kafka = new driver.Kafka({
      clientId: 'varve',
      brokers: connections.brokers,
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      retry: RETRIES,
      logLevel: driver.logLevel.WARN,
      logCreator: log.creator,
      socketFactory: connections.factory,
      ...securityOf(settings),
    });
    if (showsPassword(address, settings))
      onNote?.(`The password for ${describeTopic(address)} travels in the clear`);
    const ended = signal === undefined ? faults.signal : AbortSignal.any([signal, faults.signal]);
    const topic = new Topic(address, kafka, log, onNote, connections, ended);
    const late = setTimeout(() => faults.abort(faultError(connections.faultAt(), address)), START_MS);
    try {
      await topic.#heard(topic.#admin.connect());
      const names = await topic.#heard(topic.#admin.listTopics());
      if (!names.includes(address.topic)) throw topicMissing(address);
      // The brokers that have it may be others than those that were named.
      await topic.#heard(topic.#admin.fetchTopicOffsets(address.topic));
      return topic;
    } catch (error) {
      connections.destroy();
      await topic.close();
      ended.throwIfAborted();
      throw topic.#told(error);
    } finally {
      clearTimeout(late);
    }
  }

  /** What each partition has now. */
  async ranges(): Promise<ReadonlyMap<number, PartitionRange>> {
    const found = await this.#asked(() => this.#admin.fetchTopicOffsets(this.address.topic));
    return new Map(
      found
        .map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }] as const)
        .sort(([a], [b]) => a - b),
    );
  }

  /**
   * The offset of a position in each partition, within what the partition has. What that changes is told, but for messages that are deleted:
   * whoever asks knows which of them were wanted.
   * @param place the option that the position is of; `name` is what says it, for messages; `partitions` are those that matter, or all
   * @throws VarveError `usage` for a partition that there is not
   */
  async at(position: StreamPosition, place: PositionOption): Promise<ReadonlyMap<number, number>> {
    const ranges = await this.ranges();
    const { option, partitions = [...ranges.keys()] } = place;
    if (position.kind === 'offsets') this.#checkNamed(position.offsets, [...ranges.keys()], place);
    const times =
      position.kind === 'time'
        ? await this.#asked(() => this.#admin.fetchTopicOffsetsByTimestamp(this.address.topic, position.time))
        : [];
    const byTime = new Map(times.map(({ partition, offset }) => [partition, Number(offset)]));
    if (option === '--from' && position.kind === 'time') this.#tellOfTime(position.time, place);
    return new Map(
      [...ranges].map(([partition, { low, high }]) => {
        const wanted = wantedOffset(position, partition, { low, high }, byTime);
        const isTold = partitions.includes(partition) && position.kind !== 'time';
        if (wanted > high && isTold) this.#tellOfEnd(wanted, partition, high, place);
        return [partition, Math.min(Math.max(wanted, low), high)];
      }),
    );
  }

  #tellOfTime(time: number, { option, name = option }: PositionOption): void {
    if (time > Date.now())
      this.#onNote?.(
        `${name} ${new Date(time).toISOString()} lies ahead: no message is as late yet, and it begins with what comes from now on`,
      );
  }

  /** An end that a pointer keeps is one that the topic has yet to reach. */
  #tellOfEnd(
    wanted: number,
    partition: number,
    high: number,
    { option, name = option }: PositionOption,
  ): void {
    if (name !== option) return;
    const what = option === '--from' ? 'it begins' : 'it ends';
    this.#onNote?.(
      `${name} names offset ${wanted} of partition ${partition}, which goes up to ${high} now: ${what} there`,
    );
  }

  #checkNamed(
    named: ReadonlyMap<number, number>,
    partitions: readonly number[],
    { option, name = option }: PositionOption,
  ): void {
    const path = describeTopic(this.address);
    const unknown = [...named.keys()].find((partition) => !partitions.includes(partition));
    if (unknown !== undefined)
      throw new VarveError(
        'usage',
        `${name} names partition ${unknown}, and ${path} has none of that number`,
        {
          path: String(unknown),
          remedy: `Name some of its partitions, which are ${listOf(partitions)}.`,
        },
      );
    const others = partitions.filter((partition) => !named.has(partition));
    if (others.length === 0) return;
    const what =
      option === '--from' ? 'they begin with what comes from now on' : 'they end with what they have now';
    this.#onNote?.(
      `${name} does not name ${counted(others.length, 'partition')} (${listOf(others)}): ${what}`,
    );
  }

  /**
   * Read as a member of a group, until whoever iterates ends it. Outages are waited for.
   * @throws VarveError `offsets-missing`, `stream-refused`, `stream-error`; the signal's reason on abort
   */
  async *read({ group, positionsOf }: GroupOptions): AsyncGenerator<TopicEvent> {
    const { topic } = this.address;
    const handover = new Handover<readonly number[] | Extract<TopicEvent, { kind: 'messages' }>>();
    const consumer = this.#kafka.consumer({
      groupId: group,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: PARTITION_BYTES,
      maxWaitTimeInMs: 500,
    });
    this.#consumer = consumer;
    const onAbort = () => handover.fail(this.#signal.reason);
    this.#signal.addEventListener('abort', onAbort);
    this.#log.onOutOfRange = () => handover.fail(offsetsGone(this.address));
    const budget = new FetchBudget();
    consumer.on(consumer.events.FETCH_START, ({ payload }) => budget.beginFetch(payload.nodeId));
    // Of fetches, those that failed tell of an end too.
    consumer.on(consumer.events.HEARTBEAT, () => this.#log.answered());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) handover.fail(this.#told(payload.error));
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#log.answered();
      this.#joined++;
      void handover.put(payload.memberAssignment[topic] ?? []);
    });
    // Of batches in which nothing is left for readers, this event alone tells.
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
      const { partition, batchSize, lastOffset, highWatermark } = payload;
      if (batchSize > 0 || lastOffset === null) return;
      const moved = { partition, next: Number(lastOffset) + 1, end: Number(highWatermark) };
      void handover.put({ kind: 'messages', messages: [], ...moved });
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
          const { partition, messages, highWatermark } = batch;
          const next = Number(batch.lastOffset()) + 1;
          const taken = handover.put({
            kind: 'messages',
            partition,
            messages: messages.map(({ offset, timestamp, value }) => ({
              offset: Number(offset),
              time: Number(timestamp),
              value,
            })),
            next,
            end: Number(highWatermark),
          });
          await beating(heartbeat, taken);
          resolveOffset(batch.lastOffset());
        },
      });
      yield* this.#fromPositions(consumer, handover, group, positionsOf);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw this.#told(error);
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
    }
  }

  /** Leave out what lies before the position of its partition: a seek takes hold with the next answer. */
  async *#fromPositions(
    consumer: Consumer,
    handover: Handover<readonly number[] | Extract<TopicEvent, { kind: 'messages' }>>,
    group: string,
    positionsOf: GroupOptions['positionsOf'],
  ): AsyncGenerator<TopicEvent> {
    const { topic } = this.address;
    const next = new Map<number, number>();
    for await (const event of handover.taken()) {
      if (!('kind' in event)) {
        const committed = await this.#committed(group, event);
        const positions = await positionsOf(event, committed);
        next.clear();
        for (const [partition, { offset }] of positions) {
          next.set(partition, offset);
          consumer.seek({ topic, partition, offset: String(offset) });
        }
        // What nobody wants need not travel.
        const unwanted = event.filter((partition) => !positions.has(partition));
        if (unwanted.length > 0) consumer.pause([{ topic, partitions: unwanted }]);
        this.#assigned++;
        yield { kind: 'assigned', positions };
        continue;
      }
      const from = next.get(event.partition);
      if (from === undefined || event.next <= from) continue;
      next.set(event.partition, event.next);
      const [first] = event.messages;
      const isAllNew = first === undefined || first.offset >= from;
      yield isAllNew ? event : { ...event, messages: event.messages.filter(({ offset }) => offset >= from) };
    }
  }

  async #committed(
    group: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, CommittedPosition>> {
    const { topic } = this.address;
    const found = await this.#asked(() => this.#admin.fetchOffsets({ groupId: group, topics: [topic] }));
    const known = found
      .flatMap((one) => one.partitions)
      .filter(({ partition, offset }) => partitions.includes(partition) && Number(offset) >= 0);
    return new Map(
      known.map(({ partition, offset, metadata }) => [
        partition,
        { offset: Number(offset), ...(metadata ? { note: metadata } : {}) },
      ]),
    );
  }

  /**
   * Have the group go on from these positions if this process ends.
   * @returns false where partitions are given out anew, so that others may have them: then nothing is committed, and an `assigned` will come
   * @throws VarveError `stream-unreachable`, `stream-refused`, `stream-error`
   */
  async commit(positions: ReadonlyMap<number, CommittedPosition>): Promise<boolean> {
    const { topic } = this.address;
    // A broker would take it from any member, for any partition.
    if (this.#joined !== this.#assigned) return false;
    try {
      await this.#consumer!.commitOffsets(
        [...positions].map(([partition, { offset, note }]) => ({
          topic,
          partition,
          offset: String(offset),
          metadata: note ?? '',
        })),
      );
      return true;
    } catch (error) {
      if (isGivenOutAnew(error)) return false;
      throw this.#told(error);
    }
  }

  /** What is closed need not succeed, nor be waited for long: the broker may be the reason. */
  async close(): Promise<void> {
    this.#log.isClosing = true;
    const closed = Promise.allSettled([this.#consumer?.disconnect(), this.#admin.disconnect()]);
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
    this.#connections.destroy();
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#heard(ask());
    } catch (error) {
      this.#signal.throwIfAborted();
      throw this.#told(error);
    }
  }

  #told(error: unknown): VarveError {
    return kafkaError(error, this.address, (broker) => this.#connections.faultAt(broker));
  }

  /** A broker that does not answer is waited for: a signal ends that. */
  async #heard<T>(answer: Promise<T>): Promise<T> {
    const signal = this.#signal;
    signal.throwIfAborted();
    let onAbort: () => void = () => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort);
    });
    try {
      return await Promise.race([answer, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

const MAX_LISTED = 20;

function listOf(partitions: readonly number[]): string {
  const more = partitions.length > MAX_LISTED ? ' …' : '';
  return partitions.slice(0, MAX_LISTED).join(', ') + more;
}

function wantedOffset(
  position: StreamPosition,
  partition: number,
  { low, high }: PartitionRange,
  byTime: ReadonlyMap<number, number>,
): number {
  if (position.kind === 'earliest') return low;
  // A partition whose messages are all earlier has none that is as late; of those that are not named, it is the end.
  return (position.kind === 'time' ? byTime.get(partition) : namedOffset(position, partition)) ?? high;
}

/** A group gives the partitions of a silent member to others: work on a batch may take longer than that. */
async function beating(heartbeat: () => Promise<void>, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    timer = setInterval(() => heartbeat().catch(reject), HEARTBEAT_MS);
  });
  try {
    await Promise.race([work, failed]);
  } finally {
    clearInterval(timer);
  }
}

function securityOf({ tls, sasl }: KafkaSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const login = sasl === undefined ? {} : { sasl: sasl as NonNullable<KafkaConfig['sasl']> };
  if (tls === undefined) return { ssl: false, ...login };
  const { isUnverified, isAnyHost, ...files } = tls;
  return {
    ssl: {
      ...files,
      rejectUnauthorized: !isUnverified,
      ...(isAnyHost && { checkServerIdentity: () => undefined }),
    },
    ...login,
  };
}

/** Whether anyone on the way could read the password. */
function showsPassword({ brokers }: KafkaAddress, { tls, sasl }: KafkaSettings): boolean {
  const isHere = (broker: string): boolean => /^(localhost|127\.0\.0\.1|\[::1\]):/.test(broker);
  return tls === undefined && sasl?.mechanism === 'plain' && !brokers.every(isHere);
}

function offsetsGone(address: KafkaAddress): VarveError {
  const path = describeTopic(address);
  return new VarveError('offsets-missing', `Offsets that were to be read next are no longer in ${path}`, {
    path,
    remedy:
      'The topic was made anew, or deleted what is old faster than it was read. The same command goes on with the oldest messages that are left, and says so; of a topic that was made anew, it says what to do.',
  });
}

/** What the driver logs of a connection, or of what it cost. */
const OUTAGE =
  /^(Connection error|Connection timeout|Closed connection|Failed to connect to seed broker[^:]*|Crash: \w+)(?:: )?/;
/** What a broker answers to a login that its listener does not have. Source: Apache Kafka, Errors.ILLEGAL_SASL_STATE. */
const LOGIN_UNWANTED = /not valid given the current SASL state/;

/** Hears what the driver logs, and tells of each outage once, and of its end. */
class OutageLog {
  readonly #address: KafkaAddress;
  readonly #connections: Pick<BrokerConnections, 'faultAt'>;
  readonly #onNote: ((text: string) => void) | undefined;
  readonly #faults: AbortController;
  #isOut = false;
  isClosing = false;
  onOutOfRange: (() => void) | undefined;

  constructor(
    address: KafkaAddress,
    connections: Pick<BrokerConnections, 'faultAt'>,
    onNote: ((text: string) => void) | undefined,
    faults: AbortController,
  ) {
    this.#address = address;
    this.#connections = connections;
    this.#onNote = onNote;
    this.#faults = faults;
  }

  readonly creator: logCreator =
    () =>
    ({ log }) => {
      if (this.isClosing) return;
      const { message, broker } = log as { message: string; broker?: string };
      if (message.startsWith('Offset out of range, resetting')) this.onOutOfRange?.();
      if (LOGIN_UNWANTED.test(message))
        this.#faults.abort(faultError(loginUnwanted(this.#address.brokers), this.#address));
      // What is over, or ends, is told by an error.
      if (this.#faults.signal.aborted || !OUTAGE.test(message)) return;
      // Of one outage, the driver says much.
      if (this.#isOut) return;
      this.#isOut = true;
      const problem = this.#connections.faultAt(broker)?.problem ?? saidBy(message.replace(OUTAGE, ''));
      this.#onNote?.(`${describeTopic(this.#address)} does not answer (${problem}): trying again`);
    };

  answered(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#onNote?.(`${describeTopic(this.#address)} answers again`);
  }
}
