import type { StreamOffsets } from '../../drift/model.ts';
import type { CommittedPosition, PartitionRange } from '../../kafka/topic.ts';
import type { ClosedWindow, StreamWindows } from './windows.ts';

/** What stands beside a committed offset, so that whoever goes on counts nothing twice. */
interface Note {
  /** The number of the last window that was reported. */
  readonly window: number;
  /** How often partitions were given out. */
  readonly generation?: number;
  /** Up to when windows by time are reported. */
  readonly closed?: number;
  /** Messages before this offset were dealt with, but for those of windows that are not reported. */
  readonly read?: number;
}

/** How far the partitions of a topic are read, and what of that is reported. */
export class TopicProgress {
  readonly #until: ReadonlyMap<number, number> | undefined;
  readonly #positions = new Map<number, number>();
  readonly #ends = new Map<number, number>();
  readonly #dealtWith = new Map<number, number>();
  /** Whether the replay was still going on when that was asked last: once it is over, it is. */
  #isReplaying = true;
  /** The number of the last window. */
  window = 0;
  /** Rises each time that partitions are given out: whoever gets one has seen what its last reader committed. */
  generation = 0;

  /** @param until where reading ends, by partition; undefined for never */
  constructor(until: ReadonlyMap<number, number> | undefined) {
    this.#until = until;
  }

  /** Begin at what the group has committed. @returns up to when windows by time are reported, by partition */
  assign(positions: ReadonlyMap<number, CommittedPosition>): ReadonlyMap<number, number> {
    for (const map of [this.#positions, this.#ends, this.#dealtWith]) map.clear();
    const closed = new Map<number, number>();
    for (const [partition, { offset, note }] of positions) {
      const known = parseNote(note);
      this.#positions.set(partition, offset);
      this.#dealtWith.set(partition, Math.max(known.read ?? offset, offset));
      this.window = Math.max(this.window, known.window);
      this.generation = Math.max(this.generation, known.generation ?? 0);
      if (known.closed !== undefined) closed.set(partition, known.closed);
    }
    this.generation++;
    this.#isReplaying = true;
    return closed;
  }

  /** Whether a message comes again that was counted already, in a window or as one in none. */
  isDealtWith(partition: number, offset: number): boolean {
    return offset < this.#dealtWith.get(partition)!;
  }

  /**
   * Whether messages come again that were dealt with: as long as they do, no window may be closed, since the order in which partitions come
   * is another one, and rows that had their window would be late.
   */
  get isReplaying(): boolean {
    this.#isReplaying &&= [...this.#dealtWith].some(
      ([partition, offset]) =>
        this.#positions.get(partition)! < offset &&
        !this.isPastEnd(partition, this.#positions.get(partition)!),
    );
    return this.#isReplaying;
  }

  isPastEnd(partition: number, offset: number): boolean {
    return this.#until !== undefined && offset >= (this.#until.get(partition) ?? 0);
  }

  /** @param end the offset that the next message of the partition will get */
  moved(partition: number, next: number, end?: number): void {
    this.#positions.set(partition, Math.max(next, this.#positions.get(partition) ?? 0));
    if (end !== undefined) this.#ends.set(partition, end);
  }

  /** Whether all is read that was to be read. */
  get isDone(): boolean {
    return (
      this.#until !== undefined &&
      [...this.#positions].every(([partition, position]) => this.isPastEnd(partition, position))
    );
  }

  /** Where whoever goes on begins: no message of an open window may be passed over. */
  committable(windows: StreamWindows): ReadonlyMap<number, CommittedPosition> {
    return new Map(
      [...this.#positions].map(([partition, position]) => {
        const offset = windows.firstOpen(partition) ?? position;
        const read = Math.max(position, this.#dealtWith.get(partition) ?? 0);
        const closedUntil = windows.closedUntil(partition);
        const note: Note = {
          window: this.window,
          generation: this.generation,
          ...(Number.isFinite(closedUntil) && { closed: closedUntil }),
          ...(read > offset && { read }),
        };
        return [partition, { offset, note: JSON.stringify(note) }];
      }),
    );
  }

  /** Which offsets a window has, and what lies ahead. @param ranges what partitions have now, if that can be asked */
  offsetsOf(
    window: ClosedWindow,
    ranges: ReadonlyMap<number, PartitionRange> | undefined,
  ): readonly StreamOffsets[] {
    return [...this.#positions.keys()]
      .sort((a, b) => a - b)
      .map((partition) => {
        const position = this.#positions.get(partition)!;
        const end = ranges?.get(partition)?.high ?? this.#ends.get(partition) ?? position;
        const { from, until } = window.offsets.get(partition) ?? { from: position, until: position };
        return { partition, from, until, lag: Math.max(0, end - position) };
      });
  }
}

/** Other programs write notes of their own. */
function parseNote(text: string | undefined): Note {
  let note: Partial<Record<keyof Note, unknown>> | null = null;
  try {
    note = JSON.parse(text ?? 'null') as typeof note;
  } catch {
    // It is none of ours.
  }
  const number = (key: keyof Note): number | undefined =>
    Number.isSafeInteger(note?.[key]) ? Number(note![key]) : undefined;
  const [generation, closed, read] = [number('generation'), number('closed'), number('read')];
  return {
    window: Math.max(0, number('window') ?? 0),
    ...(generation !== undefined && { generation }),
    ...(closed !== undefined && { closed }),
    ...(read !== undefined && { read }),
  };
}
