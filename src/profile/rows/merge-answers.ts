import { comparePaths } from '../../base/files/path-order.ts';
import { groupBy } from '../../base/group-by.ts';
import { EXAMPLES, type RowColumn, type RowsAnswer } from '../../engine/check-rows.ts';
import { formatOf } from '../../engine/formats/format.ts';
import { foldedName } from '../../engine/quote.ts';
import { hasUnnamedField } from '../../engine/type-text.ts';
import { VarveError } from '../../errors.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import { AGAIN, type AnsweredUnit, damagedAnswer } from './rows-part.ts';

/** The units of a table in the order of its rows. */
export interface TableUnits {
  readonly table: TableRows;
  readonly units: readonly AnsweredUnit[];
  /** By question: what the keys of all rows say, where it is about rows that repeat others. */
  readonly repeated: ReadonlyMap<number, RepeatedRows>;
}

export interface RepeatedRows extends Pick<RepeatedKeys, 'failing' | 'first'> {
  /** By which their keys were made. */
  readonly salt: string;
}

/**
 * Puts units to their tables.
 * @throws VarveError `part-missing` where units of a file are missing, `part-repeated`
 */
export function unitsOfTables(
  tables: readonly TableRows[],
  answered: readonly AnsweredUnit[],
): readonly Omit<TableUnits, 'repeated'>[] {
  const byPath = groupBy(answered, ({ path }) => path);
  return tables.map((table) => ({
    table,
    units: table.files.flatMap(({ file }) => {
      const units = [...(byPath.get(file.path) ?? [])].sort((a, b) => a.number - b.number);
      if (units.length === 0) throw missing(file.path);
      for (const [at, { number }] of units.entries()) {
        if (number > at) throw missing(file.path);
        if (number < at) throw repeated(file.path);
      }
      return units;
    }),
  }));
}

/**
 * Hold the numbers of units against those of unitsOf: by the paths of their files, and within a file one after the other.
 * @throws VarveError `part-damaged`, and `part-repeated` if a unit is there twice
 */
export function assertOrder(answered: readonly AnsweredUnit[]): void {
  const sorted = [...answered].sort((a, b) => a.index - b.index);
  const isInOrder = sorted.every((unit, at) => {
    const before = sorted[at - 1];
    if (before === undefined) return true;
    if (unit.path === before.path && unit.number === before.number) throw repeated(unit.path);
    if (unit.path === before.path) return unit.index - before.index === unit.number - before.number;
    return unit.index > before.index && comparePaths(before.path, unit.path) < 0;
  });
  if (!isInOrder) throw damagedAnswer('its units are not numbered in the order of their files');
}

function missing(path: string): VarveError {
  return new VarveError('part-missing', `No part has asked all rows of ${path}`, {
    path,
    remedy: AGAIN,
  });
}

function repeated(path: string): VarveError {
  return new VarveError('part-repeated', `Two parts have asked the same rows of ${path}`, {
    path,
    remedy: AGAIN,
  });
}

/** The columns of all kinds of units, each once, in the order of the rows. */
export function kindsOf({ units }: TableUnits): readonly (readonly RowColumn[])[] {
  const kinds = new Map<string, readonly RowColumn[]>();
  const seen = new Set<readonly RowColumn[]>();
  for (const { columns } of units) {
    if (seen.has(columns)) continue;
    seen.add(columns);
    kinds.set(JSON.stringify(columns), columns);
  }
  return [...kinds.values()];
}

/** Formats of which one reader takes all files of a table, so that the types of one file depend on the others. */
const READ_TOGETHER: readonly unknown[] = ['json', 'jsonl', 'avro', 'tfrecord'];

/** Whether the files of a table, read one by one, could give other values than read together, or cannot be told what the others have. */
export function isReadOtherwise(units: TableUnits): boolean {
  const kinds = kindsOf(units);
  if (kinds.length > 1 && kinds.some((columns) => columns.some(({ type }) => hasUnnamedField(type))))
    return true;
  if (!units.table.files.some(({ file }) => READ_TOGETHER.includes(formatOf(file.path)))) return false;
  const types = new Map<string, string>();
  return kinds.some((columns) =>
    columns.some(({ name, type }) => {
      const known = types.get(foldedName(name));
      types.set(foldedName(name), type);
      return known !== undefined && known !== type;
    }),
  );
}

/** Whether a question compares rows by columns of types for which no part can. */
export function isIncomparable({ units }: TableUnits, question: number): boolean {
  return units.some(({ answers }) => 'incomparable' in answers[question]!);
}

/**
 * What all rows of a table say to one of its questions: to the byte what one machine gives that has them all.
 * @throws VarveError `expression-invalid`, `column-missing`
 */
export function mergeAnswers({ table, units, repeated }: TableUnits, question: number): RowsAnswer {
  const examples: RowsAnswer['examples'][number][] = [];
  const [sole, ...others] = table.files;
  const isLone = sole !== undefined && others.length === 0;
  let [rows, failing, before, beforeInFile] = [0, repeated.get(question)?.failing ?? 0, 0, 0];
  let path: string | undefined;
  for (const unit of units) {
    const answer = unit.answers[question]!;
    if ('incomparable' in answer) throw damagedAnswer(`rows of ${unit.path} were not compared`);
    if ('error' in answer) {
      const { code, message, remedy } = answer.error;
      throw new VarveError(code, message, { remedy });
    }
    if (unit.path !== path) beforeInFile = 0;
    path = unit.path;
    rows += answer.rows;
    failing += answer.failing;
    for (const [row, value] of answer.examples.slice(0, EXAMPLES - examples.length)) {
      const place = isLone ? {} : { file: unit.path, fileRow: beforeInFile + row };
      examples.push({ row: before + row, value, ...place });
    }
    before += unit.rows;
    beforeInFile += unit.rows;
  }
  return { rows, failing, examples };
}
