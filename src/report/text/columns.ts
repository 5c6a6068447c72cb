import { cellsOf, cut, wrapped } from '../cells.ts';
import type { PaintTone, Tone } from './paint.ts';

/** A cell's text must be neutral already (see ../neutral.ts): it goes to the terminal as it is. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Most terminal cells that the column takes; the last column takes what is left in any case. */
  readonly max?: number;
  /** Of the last column: what does not fit goes on below, in up to three lines. */
  readonly wrap?: true;
}

const GAP = 2;
/** The width that the last column keeps before others have to give way. */
const MIN_WIDTH = 12;
/** Lines that a wrapped cell takes; what is left is cut. */
const MAX_LINES = 3;

/**
 * A table's lines: a dim title line, then one a row, columns aligned by terminal cells (wide East Asian characters and
 * emoji count two), each line at most `width` cells. O(cells).
 */
export function columns(
  spec: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  paint: PaintTone,
): string[] {
  const titles = spec.map((column): Cell => ({ text: column.title, tone: 'dim' }));
  const all = [titles, ...rows];
  const widths = fitted(spec, all, width);
  return all
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

/** Fits natural widths into their limits; if they are too wide together, the widest column gives way, cell by cell. */
function fitted(spec: readonly Column[], rows: readonly (readonly Cell[])[], width: number): number[] {
  const widths = spec.map((column, at) => {
    const widest = rows.reduce((most, row) => Math.max(most, cellsOf(row[at]!.text)), 0);
    return Math.min(widest, column.max ?? width);
  });
  const room = width - GAP * (spec.length - 1);
  const taken = (): number => widths.reduce((sum, one) => sum + one, 0);
  const last = widths.length - 1;
  widths[last] = Math.min(widths[last]!, Math.max(MIN_WIDTH, room - taken() + widths[last]!));
  while (taken() > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= 1) break;
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
