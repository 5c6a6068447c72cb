import type { OffsetRange } from '../../workspace/topic-origin.ts';
import type { WindowLimit } from '../inference/window-limit.ts';
import type { MessageRows } from './message-rows.ts';
import { RowFiles } from './row-files.ts';

/** A window whose rows are all there. */
export interface ClosedWindow {
  readonly files: RowFiles;
  readonly rows: number;
  readonly envelopes: readonly string[];
  /** By partition. Of a window by time, they may overlap those of others. */
  readonly offsets: ReadonlyMap<number, OffsetRange>;
  /** Of a window by time: its begin and its end, milliseconds since 1970. */
  readonly span?: { readonly since: number; readonly until: number };
}

/** Where a message stands in its stream. */
export interface StreamPlace {
  readonly partition: number;
  readonly offset: number;
}

interface OpenWindow extends Omit<ClosedWindow, 'envelopes' | 'rows'> {
  rows: number;
  readonly envelopes: Set<string>;
  readonly offsets: Map<number, OffsetRange>;
}

export interface WindowsOptions {
  readonly limit: WindowLimit;
  /** How much later than others a row may come that happened earlier, in milliseconds. */
  readonly lateness: number;
  /** Where the rows of open windows lie. */
  readonly folder: string;
}

/** - `taken` - `mixed`: of another form than its window - `late`: its window is closed - `timeless`, `future`: of no time, or none yet */
export type Taken = 'taken' | 'mixed' | 'late' | 'timeless' | 'future';

/** Windows by time that may be open at once; then the first is closed early. */
const MAX_OPEN = 256;
/** One clock that is wrong must not close the windows of all others. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;
/** A partition that brought nothing for so long, and has nothing more, is not waited for. */
const IDLE_MS = 60_000;

/**
 * The windows that the rows of a stream fall into: by their number, or by the time when they happened. Windows of time are closed by a
 * watermark, the time before which no more rows are expected: the latest time of the partition that is furthest behind, less the lateness.
 * Source: Akidau et al., "The Dataflow Model" (VLDB 2015), section 2.3.
 */
export class StreamWindows {
  readonly #options: WindowsOptions;
  readonly #lengthMs: number | undefined;
  /** By their begin; windows by rows have one, at 0. */
  readonly #open = new Map<number, OpenWindow>();
  readonly #partitions = new Map<number, { latest: number; seen: number; isAtEnd: boolean }>();
  #made = 0;
  #closedUntil = Number.NEGATIVE_INFINITY;
  /** By partition: windows that were closed before. */
  #closedBefore: ReadonlyMap<number, number> = new Map();

  constructor(options: WindowsOptions) {
    this.#options = options;
    this.#lengthMs = options.limit.endOf(0);
  }

  /**
   * Go on behind what others have closed, or this process before.
   * @param closed up to when, by partition: others may be behind, and what their rows belong to is still to be compared
   * @param awaited partitions that will bring rows, and whether they have none at once: no window is closed before they were heard
   */
  begin(closed: ReadonlyMap<number, number>, awaited: ReadonlyMap<number, boolean>): void {
    this.#closedUntil = Number.NEGATIVE_INFINITY;
    this.#closedBefore = closed;
    for (const [partition, isAtEnd] of awaited)
      this.#partitions.set(partition, { latest: Number.NEGATIVE_INFINITY, seen: Date.now(), isAtEnd });
  }

  /** Wait no more for a partition: it was read as far as it was to be read. */
  leave(partition: number): void {
    this.#partitions.delete(partition);
  }

  /** Rows of a partition that happened earlier belong to a window that is closed. */
  closedUntil(partition: number): number {
    return Math.max(this.#closedUntil, this.#closedBefore.get(partition) ?? Number.NEGATIVE_INFINITY);
  }

  /** Put the rows of a message into their window. */
  add(message: MessageRows, time: number | undefined, place: StreamPlace): Taken {
    const length = this.#lengthMs;
    if (length === undefined) return this.#addTo(this.#window(0, undefined), message, place);
    if (time === undefined) return 'timeless';
    if (time > Date.now() + MAX_AHEAD_MS) return 'future';
    const since = Math.floor(time / length) * length;
    const span = { since, until: since + length };
    if (span.until <= this.closedUntil(place.partition)) return 'late';
    const taken = this.#addTo(this.#window(since, span), message, place);
    const seen = { latest: time, seen: Date.now(), isAtEnd: false };
    const before = this.#partitions.get(place.partition);
    this.#partitions.set(
      place.partition,
      before === undefined ? seen : { ...seen, latest: Math.max(time, before.latest) },
    );
    return taken;
  }

  /** Note whether a partition has more to be read at once. */
  reached(partition: number, isAtEnd: boolean): void {
    const known = this.#partitions.get(partition);
    if (known !== undefined) known.isAtEnd = isAtEnd;
  }

  /** The next window that is full, or past. */
  due(): ClosedWindow | undefined {
    if (this.#lengthMs === undefined) {
      const only = this.#open.get(0);
      return only !== undefined && only.rows >= this.#options.limit.rows! ? this.#close(0) : undefined;
    }
    const first = this.#first();
    if (first === undefined) return undefined;
    const window = this.#open.get(first)!;
    const isDue = window.span!.until <= this.#watermark() || this.#open.size > MAX_OPEN;
    return isDue ? this.#close(first) : undefined;
  }

  /** The next of what is left when a stream has ended. */
  rest(): ClosedWindow | undefined {
    const first = this.#first();
    return first === undefined ? undefined : this.#close(first);
  }

  /** The begin of the earliest window, without a list: it is asked for with each message. */
  #first(): number | undefined {
    let first: number | undefined;
    for (const begin of this.#open.keys()) if (first === undefined || begin < first) first = begin;
    return first;
  }

  /** The first offset of a partition that an open window has. */
  firstOpen(partition: number): number | undefined {
    const found = [...this.#open.values()].flatMap(({ offsets }) => offsets.get(partition)?.from ?? []);
    return found.length === 0 ? undefined : Math.min(...found);
  }

  /** Forget the open windows: their messages come again. */
  async discard(): Promise<void> {
    for (const { files } of this.#open.values()) await files.remove();
    this.#open.clear();
    this.#partitions.clear();
  }

  #window(begin: number, span: ClosedWindow['span']): OpenWindow {
    const known = this.#open.get(begin);
    if (known !== undefined) return known;
    const files = new RowFiles(this.#options.folder, `window-${++this.#made}`);
    const made = { files, rows: 0, envelopes: new Set<string>(), offsets: new Map(), ...(span && { span }) };
    this.#open.set(begin, made);
    return made;
  }

  #addTo(window: OpenWindow, message: MessageRows, { partition, offset }: StreamPlace): Taken {
    if (!window.files.add(message)) return 'mixed';
    window.rows += message.rows;
    if (message.rows > 0) for (const form of message.forms) window.envelopes.add(form);
    const range = window.offsets.get(partition);
    if (range === undefined) window.offsets.set(partition, { from: offset, until: offset + 1 });
    else range.until = offset + 1;
    return 'taken';
  }

  #close(begin: number): ClosedWindow {
    const window = this.#open.get(begin)!;
    this.#open.delete(begin);
    if (window.span !== undefined) this.#closedUntil = Math.max(this.#closedUntil, window.span.until);
    return { ...window, envelopes: [...window.envelopes].sort() };
  }

  #watermark(): number {
    const now = Date.now();
    const all = [...this.#partitions.values()];
    const awaited = all.filter(({ seen, isAtEnd }) => !isAtEnd || now - seen < IDLE_MS);
    const times = (awaited.length === 0 ? all : awaited).map(({ latest }) => latest);
    return Math.min(...times) - this.#options.lateness;
  }
}
