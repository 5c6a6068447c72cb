import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import type { WrittenFile } from '../../base/files/buffered-file.ts';
import { systemError } from '../../base/files/system-errors.ts';
import type { OffsetRange, PartitionOffsets, TopicEnd } from '../../workspace/topic-origin.ts';
import type { MessageRows } from './message-rows.ts';
import { RowFiles } from './row-files.ts';

/** What of a topic is to be taken. */
export interface TopicPlan {
  readonly ranges: ReadonlyMap<number, OffsetRange>;
  /** Where the dataset is to end from then on. */
  readonly end: TopicEnd;
  /** What the topic deleted before it was taken. */
  readonly deleted: readonly PartitionOffsets[];
}

/** How far a range of a topic is taken; what a process that is killed leaves. */
interface State {
  /** What was asked for: another question begins anew. */
  readonly question: string;
  readonly partitions: readonly (PartitionOffsets & { readonly next: number })[];
  readonly end: TopicEnd;
  readonly deleted: readonly PartitionOffsets[];
  /** Bytes of each file that are whole, by its name. */
  readonly files: readonly (readonly [name: string, size: number])[];
  readonly malformed: number;
}

const STATE = 'state.json';
/** Messages after which the state is written: what a kill costs at most. */
const MESSAGES_AT_ONCE = 50_000;

/** Rows of a range of a topic on their way into a dataset, in a folder of this clone. */
export class TopicSpool {
  readonly #folder: string;
  readonly #question: string;
  readonly #ranges: ReadonlyMap<number, OffsetRange>;
  readonly #next: Map<number, number>;
  readonly #rows = new Map<number, RowFiles>();
  #unsaved = 0;
  readonly #deleted: PartitionOffsets[];
  /** Where the dataset is to end. */
  readonly end: TopicEnd;
  malformed: number;

  private constructor(folder: string, state: State) {
    this.#folder = folder;
    this.#question = state.question;
    this.#ranges = new Map(
      state.partitions.map(({ partition, from, until }) => [partition, { from, until }]),
    );
    this.#next = new Map(state.partitions.map(({ partition, next }) => [partition, next]));
    this.malformed = state.malformed;
    this.end = state.end;
    this.#deleted = [...state.deleted];
    for (const partition of this.#ranges.keys()) {
      const own = state.files.filter(
        ([name]) => name.startsWith(`p${partition}.`) || name.startsWith(`p${partition}-`),
      );
      this.#rows.set(partition, new RowFiles(folder, `p${partition}`, new Map(own)));
    }
  }

  /**
   * Go on with what a process that was killed left, if it was asked the same; else begin.
   * @param to the dataset
   * @param plan what is wanted, if it is a new question
   */
  static async open(
    stateFolder: string,
    to: string,
    question: string,
    plan: () => Promise<TopicPlan>,
  ): Promise<TopicSpool> {
    const name = createHash('sha256').update(to).digest('hex').slice(0, 16);
    const folder = join(stateFolder, 'streams', name);
    const left = readState(folder);
    if (left?.question === question) {
      cutBack(folder, left.files);
      return new TopicSpool(folder, left);
    }
    const { ranges, end, deleted } = await plan();
    try {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw systemError(error, 'write', folder);
    }
    const partitions = [...ranges].map(([partition, range]) => ({ partition, ...range, next: range.from }));
    const spool = new TopicSpool(folder, { question, partitions, end, deleted, files: [], malformed: 0 });
    spool.save();
    return spool;
  }

  get ranges(): ReadonlyMap<number, OffsetRange> {
    return this.#ranges;
  }

  /** What is to be read next of a partition; undefined for one that is not asked for. */
  next(partition: number): number | undefined {
    return this.#next.get(partition);
  }

  /** What the topic deleted before it was taken, as far as it was asked for. */
  get deleted(): readonly PartitionOffsets[] {
    return this.#deleted;
  }

  /** Pass over what the topic deleted since. */
  passDeleted(partition: number, low: number): void {
    const next = this.#next.get(partition)!;
    const until = Math.min(low, this.#ranges.get(partition)!.until);
    if (next >= until) return;
    this.#deleted.push({ partition, from: next, until });
    this.moved(partition, until);
  }

  /** Whether an offset lies in the range of its partition. */
  isAsked(partition: number, offset: number): boolean {
    const range = this.#ranges.get(partition);
    return range !== undefined && offset >= range.from && offset < range.until;
  }

  /** Add the rows of a message; false where they are of another form than those before. */
  add(partition: number, rows: MessageRows): boolean {
    return this.#rows.get(partition)!.add(rows);
  }

  /** Note that all before `next` is dealt with. */
  moved(partition: number, next: number): void {
    const before = this.#next.get(partition);
    if (before === undefined || next <= before) return;
    this.#next.set(partition, next);
    this.#unsaved += next - before;
    if (this.#unsaved >= MESSAGES_AT_ONCE) this.save();
  }

  get isDone(): boolean {
    return [...this.#ranges].every(([partition, { until }]) => this.#next.get(partition)! >= until);
  }

  /** Files of rows, by partition. */
  files(): ReadonlyMap<number, readonly WrittenFile[]> {
    return new Map([...this.#rows].map(([partition, rows]) => [partition, rows.written()]));
  }

  save(): void {
    this.#unsaved = 0;
    const files = [...this.files().values()].flat();
    const state: State = {
      question: this.#question,
      partitions: [...this.#ranges].map(([partition, range]) => ({
        partition,
        ...range,
        next: this.#next.get(partition)!,
      })),
      files: files.map(({ path, size }) => [basename(path), size]),
      end: this.end,
      deleted: this.#deleted,
      malformed: this.malformed,
    };
    writeAtomically(join(this.#folder, STATE), [Buffer.from(JSON.stringify(state))]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function readState(folder: string): State | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, STATE), 'utf8')) as State;
  } catch {
    return undefined;
  }
}

/** Rows that were written after the state are read again. @throws VarveError of the system */
function cutBack(folder: string, files: State['files']): void {
  const sizes = new Map(files);
  try {
    for (const name of readdirSync(folder)) {
      const size = sizes.get(name);
      if (name === STATE) continue;
      if (size === undefined) rmSync(join(folder, name), { force: true });
      else truncateSync(join(folder, name), size);
    }
  } catch (error) {
    throw systemError(error, 'write', folder);
  }
}
