import { groupBy } from '../../base/group-by.ts';
import { EXAMPLES, type RowColumn, type RowsAnswer } from '../../engine/check-rows.ts';
import { formatOf } from '../../engine/formats/format.ts';
import { VarveError } from '../../errors.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import { AGAIN, type AnsweredUnit, damagedAnswer } from './rows-part.ts';

/** The units of a table in the order of its rows. */
export interface TableUnits {
  readonly table: TableRows;
  readonly units: readonly AnsweredUnit[];
  /** By question: what the keys of all rows say, where it is about rows that repeat others. */
  readonly repeated: ReadonlyMap<number, Pick<RepeatedKeys, 'failing' | 'first'>>;
}

/**
 * Puts units to their tables.
 * @param questions how many were asked of a table, by its name
 * @throws VarveError `part-missing` where units of a file are missing, `part-repeated`, and `part-damaged` where the answers are not to what
 * was asked
 */
export function unitsOfTables(
  tables: readonly TableRows[],
  answered: readonly AnsweredUnit[],
  questions: (table: string) => number,
): readonly Omit<TableUnits, 'repeated'>[] {
  const byPath = groupBy(answered, ({ path }) => path);
  const found = tables.map((table) => ({
    table,
    units: table.files.flatMap(({ file }) => {
      const units = [...(byPath.get(file.path) ?? [])].sort((a, b) => a.number - b.number);
      if (units.length === 0) throw missing(file.path);
      for (const [at, { number, answers }] of units.entries()) {
        if (number > at) throw missing(file.path);
        if (number < at) throw repeated(file.path);
        if (answers.length !== questions(table.name))
          throw damagedAnswer(`of ${file.path}, something else was asked`);
      }
      return units;
    }),
  }));
  const numbers = new Set(answered.map(({ index }) => index));
  if (numbers.size !== answered.length) throw damagedAnswer('two units have the same number');
  return found;
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

/** Whether the files of a table, read one by one, could give other values than read together. */
export function isReadOtherwise(units: TableUnits): boolean {
  if (!units.table.files.some(({ file }) => READ_TOGETHER.includes(formatOf(file.path)))) return false;
  const types = new Map<string, string>();
  return kindsOf(units).some((columns) =>
    columns.some(({ name, type }) => {
      const known = types.get(name.toLowerCase());
      types.set(name.toLowerCase(), type);
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
