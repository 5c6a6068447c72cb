import type { RowColumn } from '../../engine/check-rows.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { RepeatedKeys } from './repeated-keys.ts';

/** What the rows of one unit say to one question, or why they cannot be asked it. */
export type UnitAnswer =
  | {
      readonly rows: number;
      /** 0 of a question about rows that repeat others, whose keys are looked at apart. */
      readonly failing: number;
      /** The first of the failing rows: the number in the unit, from 1, and what is shown of it. */
      readonly examples: readonly (readonly [row: number, value: string])[];
    }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly remedy: string } };

export interface AnsweredUnit {
  readonly path: string;
  /** Which range of the file it is, from 0. */
  readonly number: number;
  /** Among those of all files. */
  readonly index: number;
  /** Of all, whatever the slice. */
  readonly rows: number;
  readonly columns: readonly RowColumn[];
  /** To the questions of its table, in their order. */
  readonly answers: readonly UnitAnswer[];
}

/** The first line of a part, of which `decodeUnits` takes several, one behind the other. */
export function encodeRowsHead(part: number, of: number): string {
  return `${JSON.stringify({ varveRowsPart: 1, part, of })}\n`;
}

/** The lines of units: each of its own, behind one for columns that no unit before it had. */
export function unitEncoder(): (unit: AnsweredUnit) => string {
  const known = new Map<string, number>();
  return ({ columns, ...unit }) => {
    const text = JSON.stringify(columns);
    const before = known.get(text);
    const shape = before ?? known.size;
    known.set(text, shape);
    const line = `${JSON.stringify({ ...unit, shape })}\n`;
    return before === undefined ? `${COLUMNS}${text}}\n${line}` : line;
  };
}

/** What parts were told. */
export interface AskedParts {
  readonly units: readonly AnsweredUnit[];
  /** One for each range of keys and each question that has any. */
  readonly repeated: readonly RepeatedKeys[];
}

/** The line of a range of keys. */
export function encodeRepeated(repeated: readonly RepeatedKeys[]): string {
  return `${JSON.stringify({ repeated })}\n`;
}

const KEYS = '{"repeated":';
const COLUMNS = '{"columns":';
const HEAD = '{"varveRowsPart":';

/** The units of parts. @throws VarveError `part-missing` unless all parts of one asking are there */
export async function decodeUnits(lines: AsyncIterable<string>): Promise<AskedParts> {
  const kept = new Map<string, readonly RowColumn[]>();
  const units: AnsweredUnit[] = [];
  const repeated: RepeatedKeys[] = [];
  const seen = new Set<number>();
  let shapes: (readonly RowColumn[])[] = [];
  let expected = 1;
  for await (const line of lines) {
    if (line === '') continue;
    if (line.startsWith(HEAD)) {
      const { part, of } = JSON.parse(line) as { part: number; of: number };
      seen.add(part);
      [shapes, expected] = [[], of];
    } else if (line.startsWith(KEYS)) {
      repeated.push(...(JSON.parse(line) as { repeated: RepeatedKeys[] }).repeated);
    } else if (line.startsWith(COLUMNS)) {
      // Units of one shape share it.
      const columns = kept.get(line) ?? (JSON.parse(line) as { columns: readonly RowColumn[] }).columns;
      kept.set(line, columns);
      shapes.push(columns);
    } else {
      const { shape, ...unit } = JSON.parse(line) as Omit<AnsweredUnit, 'columns'> & { shape: number };
      units.push({ ...unit, columns: shapes[shape]! });
    }
  }
  if (seen.size === expected) return { units, repeated };
  throw new VarveError('part-missing', `Of ${expected} parts, ${seen.size} have asked their rows`, {
    remedy: 'Run the same command again.',
  });
}
