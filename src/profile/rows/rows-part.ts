import { isCount, isRecord } from '../../base/json.ts';
import { EXAMPLES, type RowColumn } from '../../engine/check-rows.ts';
import { VarveError } from '../../errors.ts';
import { partLines } from '../parts/part-lines.ts';
import type { RepeatedKeys } from './repeated-keys.ts';

/** What the rows of one unit say to one question, or why they cannot be asked it. */
export type UnitAnswer =
  | {
      readonly rows: number;
      /** 0 of a question about rows that repeat others, whose keys are looked at apart. */
      readonly failing: number;
      /** The first of the failing rows: the number in the unit, from 1, and what is shown of it. */
      readonly examples: readonly (readonly [row: number, value: string])[];
      /** How many rows left a key, where the question is about rows that repeat others. */
      readonly keys?: number;
    }
  | { readonly error: { readonly code: QuestionFault; readonly message: string; readonly remedy: string } }
  /** Its rows can only be compared where all of them are. */
  | { readonly incomparable: true };

/** Codes of errors by which a unit says that it cannot be asked: all units together may have what it lacks. */
export const QUESTION_FAULTS = ['expression-invalid', 'column-missing'] as const;

export type QuestionFault = (typeof QUESTION_FAULTS)[number];

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

/** What the first line of a part says. */
export interface RowsPartHead {
  /** From 1. */
  readonly part: number;
  readonly of: number;
  /** Stands for the names and sizes of all files: that of planDigest. */
  readonly files: string;
  /** How many units follow. */
  readonly units: number;
}

/** The first line of a part, of which `decodeUnits` takes several, one behind the other. */
export function encodeRowsHead(head: RowsPartHead): string {
  return `${JSON.stringify({ varveRowsPart: 1, ...head })}\n`;
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
  /** Stands for the files that all parts saw. */
  readonly files: string;
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

/**
 * The units of parts, every field checked.
 * @throws VarveError `part-missing` unless all parts of one asking are there, `part-repeated`, `part-damaged`, and `parts-differ` unless all saw
 * the same files
 */
export async function decodeUnits(bytes: AsyncIterable<Uint8Array>): Promise<AskedParts> {
  const kept = new Map<string, readonly RowColumn[]>();
  const units: AnsweredUnit[] = [];
  const repeated: RepeatedKeys[] = [];
  const heads: RowsPartHead[] = [];
  let shapes: (readonly RowColumn[])[] = [];
  let expected = 0;
  for await (const line of partLines(bytes, damagedAnswer)) {
    if (line.startsWith(HEAD)) {
      if (units.length !== expected) throw cut(units.length, expected);
      const head = headOf(parse(line), heads);
      heads.push(head);
      [shapes, expected] = [[], expected + head.units];
    } else if (line.startsWith(KEYS)) {
      repeated.push(...repeatedOf(parse(line)));
    } else if (line.startsWith(COLUMNS)) {
      // Units of one shape share it.
      const columns = kept.get(line) ?? columnsOf(parse(line));
      kept.set(line, columns);
      shapes.push(columns);
    } else units.push(unitOf(parse(line), shapes));
  }
  if (units.length !== expected) throw cut(units.length, expected);
  const [first] = heads;
  if (first !== undefined && heads.length === first.of) return { files: first.files, units, repeated };
  throw new VarveError(
    'part-missing',
    `Of ${first?.of ?? 'all'} parts, ${heads.length} have asked their rows`,
    { remedy: AGAIN },
  );
}

/** What to do where parts do not fit together. */
export const AGAIN = 'Run the same command again, while nobody changes the data.';

/** Says that what parts were told does not fit together, or is nothing that a part says. */
export function damagedAnswer(what: string, cause?: unknown): VarveError {
  return new VarveError('part-damaged', `What the parts were told of their rows cannot be used: ${what}`, {
    remedy: AGAIN,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Says that parts saw different data. */
export function otherData(what: string): VarveError {
  return new VarveError('parts-differ', what, { remedy: AGAIN });
}

function cut(units: number, expected: number): VarveError {
  return damagedAnswer(`there are ${units} units in place of ${expected}`);
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): Fields {
  try {
    const found: unknown = JSON.parse(line);
    if (isRecord(found)) return found;
  } catch (cause) {
    throw damagedAnswer('a line of it is not JSON', cause);
  }
  throw damagedAnswer('a line of it is no object');
}

/** @param before the heads of other parts, of which it has to be another one of the same work */
function headOf({ part, of, files, units }: Fields, before: readonly RowsPartHead[]): RowsPartHead {
  if (!isCount(part) || !isCount(of) || part < 1 || part > of || typeof files !== 'string' || !isCount(units))
    throw damagedAnswer('the first line of a part is none');
  const [first = { of, files }] = before;
  if (first.of !== of) throw otherData(`One part is of ${first.of} parts, and another of ${of}`);
  if (first.files !== files)
    throw otherData('The files had other names or sizes to one part than to another');
  if (before.some((head) => head.part === part))
    throw new VarveError('part-repeated', `Part ${part} of ${of} has asked its rows twice`, {
      remedy: AGAIN,
    });
  return { part, of, files, units };
}

function columnsOf({ columns }: Fields): readonly RowColumn[] {
  const isSound =
    Array.isArray(columns) &&
    columns.every((each) => isRecord(each) && typeof each.name === 'string' && typeof each.type === 'string');
  if (!isSound) throw damagedAnswer('the columns of a unit are none');
  return columns.map(({ name, type }) => ({ name, type }));
}

function unitOf(found: Fields, shapes: readonly (readonly RowColumn[])[]): AnsweredUnit {
  const { path, number, index, rows, shape, answers } = found;
  const columns = isCount(shape) ? shapes[shape] : undefined;
  const isSound =
    typeof path === 'string' && isCount(number) && isCount(index) && isCount(rows) && Array.isArray(answers);
  if (!isSound || columns === undefined) throw damagedAnswer('a line of it is no unit');
  if (!answers.every((answer) => isAnswer(answer, rows)))
    throw damagedAnswer('an answer of a unit is not what a part says');
  return { path, number, index, rows, columns, answers };
}

/** @param all how many rows the unit has */
function isAnswer(found: unknown, all: number): found is UnitAnswer {
  if (!isRecord(found)) return false;
  if ('incomparable' in found) return found.incomparable === true;
  if ('error' in found) {
    const { code, message, remedy } = isRecord(found.error) ? found.error : ({} as Fields);
    const isFault = (QUESTION_FAULTS as readonly unknown[]).includes(code);
    return isFault && typeof message === 'string' && typeof remedy === 'string';
  }
  const { rows, failing, examples, keys = 0 } = found;
  if (!isCount(rows) || rows > all || !isCount(failing) || failing > rows) return false;
  if (!isCount(keys) || keys > rows || !Array.isArray(examples) || examples.length > EXAMPLES) return false;
  return examples.every(
    (each) => Array.isArray(each) && isCount(each[0]) && each[0] <= all && typeof each[1] === 'string',
  );
}

function repeatedOf({ repeated }: Fields): readonly RepeatedKeys[] {
  if (Array.isArray(repeated) && repeated.every(isRepeated)) return repeated;
  throw damagedAnswer('what it says of a range of keys is not what a task says');
}

function isRepeated(found: unknown): found is RepeatedKeys {
  if (!isRecord(found)) return false;
  const { question, keys, failing, lowest, highest, first } = found;
  const areCounts = [question, keys, failing, lowest, highest].every(isCount);
  if (!areCounts || (failing as number) > (keys as number) || (lowest as number) > (highest as number))
    return false;
  if (!Array.isArray(first) || first.length > EXAMPLES || first.length > (failing as number)) return false;
  return first.every(
    (each) =>
      Array.isArray(each) &&
      isCount(each[0]) &&
      typeof each[1] === 'string' &&
      /^[0-9a-f]{32}$/.test(each[1]),
  );
}
