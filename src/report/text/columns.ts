import { cellsOf, cut, cutApart, wrapped } from '../cells.ts';
import type { PaintTone, Tone } from './paint.ts';

/** A cell's text must be neutral already (see ../neutral.ts): it goes to the terminal as it is. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Its texts are names: they are cut last, and then so that no two print alike. */
  readonly names?: true;
  /** Most terminal cells that the column takes; the last column takes what is left in any case. */
  readonly max?: number;
  /** Of the last column: what does not fit goes on below, in up to three lines. */
  readonly wrap?: true;
  /** It is left out where the others would have to be cut for it; the last such column first. */
  readonly spare?: true;
}

const GAP = 2;
/** The width that the last column keeps before others have to give way; more if its text goes on below. */
const MIN_WIDTH = 12;
const MIN_WRAPPED_WIDTH = 24;
/** The least part of a line that names keep. */
const NAMES_PART = 1 / 4;
/** Lines that a wrapped cell takes; what is left is cut. */
const MAX_LINES = 3;

/**
 * A table's lines: a dim title line, then one a row, columns aligned by terminal cells (wide East Asian characters and
 * emoji count two), each line at most `width` cells. O(cells).
 */
export function columns(
  all: readonly Column[],
  cells: readonly (readonly Cell[])[],
  width: number,
  paint: PaintTone,
): string[] {
  const titled = [all.map((column): Cell => ({ text: column.title, tone: 'dim' })), ...cells];
  const kept = roomy(all, naturalWidths(all, titled, width), width);
  const of = <T>(row: readonly T[]): T[] => kept.map((at) => row[at]!);
  const spec = of(all);
  const [titles = [], ...rows] = titled.map(of);
  const widths = fitted(spec, naturalWidths(spec, [titles, ...rows], width), width);
  return [titles, ...namesApart(spec, rows, widths)]
    .flatMap((row) => (spec.at(-1)!.wrap ? continued(row, widths.at(-1)!) : [row]))
    .map((row) =>
      row
        .map((cell, at) => {
          const last = at === row.length - 1;
          return placed(cell, widths[at]!, spec[at]!.align === 'right', last, paint);
        })
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
}

/** The places of the columns that have room together: spare ones are dropped, the last first, until names have their part and no other is cut. */
function roomy(spec: readonly Column[], natural: readonly number[], width: number): number[] {
  const least = natural.map((cells, at) => {
    const { names, spare } = spec[at]!;
    const floor = names ? namesFloor(width) : spare && at === spec.length - 1 ? MIN_WIDTH : cells;
    return Math.min(cells, floor);
  });
  const kept = spec.map((_, at) => at);
  const over = (): boolean => kept.reduce((sum, at) => sum + least[at]!, GAP * (kept.length - 1)) > width;
  while (over()) {
    const last = kept.findLastIndex((at) => spec[at]!.spare);
    if (last < 0) break;
    kept.splice(last, 1);
  }
  return kept;
}

function namesFloor(width: number): number {
  return Math.max(MIN_WIDTH, Math.floor(width * NAMES_PART));
}

/** The widths of the widest texts, within the limits of the columns. */
function naturalWidths(spec: readonly Column[], rows: readonly (readonly Cell[])[], width: number): number[] {
  return spec.map((column, at) => {
    const widest = rows.reduce((most, row) => Math.max(most, cellsOf(row[at]!.text)), 0);
    return Math.min(widest, column.max ?? width);
  });
}

function namesApart(
  spec: readonly Column[],
  rows: readonly (readonly Cell[])[],
  widths: readonly number[],
): (readonly Cell[])[] {
  return spec.reduce<(readonly Cell[])[]>(
    (all, { names }, at) => {
      if (!names) return all;
      const shown = cutApart(
        all.map((row) => row[at]!.text),
        widths[at]!,
      );
      return all.map((row, line) => row.with(at, { ...row[at]!, text: shown[line]! }));
    },
    [...rows],
  );
}

/** The row, and below it rows that hold only what the last cell had no room for. */
function continued(row: readonly Cell[], width: number): Cell[][] {
  const others = row.slice(0, -1);
  const last = row.at(-1)!;
  const [first = '', ...rest] = wrapped(last.text, width, '');
  const lines =
    rest.length < MAX_LINES ? rest : [...rest.slice(0, MAX_LINES - 2), rest.slice(MAX_LINES - 2).join(' ')];
  return [
    [...others, { ...last, text: first }],
    ...lines.map((text) => [...others.map(() => ({ text: '' })), { ...last, text }]),
  ];
}

/**
 * Fits natural widths into their limits. If they are too wide together, the last column gives way first, then the widest texts, then names,
 * then figures.
 */
function fitted(spec: readonly Column[], natural: readonly number[], width: number): number[] {
  const room = width - GAP * (spec.length - 1);
  const last = spec.length - 1;
  const { wrap, align } = spec[last]!;
  const lastFloor = align === 'right' ? width : wrap ? MIN_WRAPPED_WIDTH : MIN_WIDTH;
  const floors = (of: (column: Column, at: number) => number) =>
    spec.map((column, at) => Math.min(natural[at]!, of(column, at)));
  const limits = [
    floors((_, at) => (at === last ? lastFloor : width)),
    floors((column, at) => (at === last ? lastFloor : column.names ? namesFloor(width) : width)),
    floors((column, at) =>
      at === last || column.names ? MIN_WIDTH : column.align === 'right' ? width : MIN_WIDTH / 2,
    ),
    floors(() => 1),
  ];
  return limits.reduce((widths, floor) => narrowed(widths, floor, room), [...natural]);
}

/** The widest column that is above its floor gives way, cell by cell, until all have room. */
function narrowed(given: readonly number[], floor: readonly number[], room: number): number[] {
  const widths = [...given];
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const above = widths.map((one, at) => (one > floor[at]! ? one : 0));
    const widest = above.indexOf(Math.max(...above));
    if (above[widest] === 0) break;
    widths[widest]!--;
  }
  return widths;
}

function placed(cell: Cell, width: number, right: boolean, last: boolean, paint: PaintTone): string {
  const text = cut(cell.text, width);
  const padding = last && !right ? '' : ' '.repeat(width - cellsOf(text));
  const shown = cell.tone === undefined ? text : paint(cell.tone, text);
  return right ? padding + shown : shown + padding;
}
