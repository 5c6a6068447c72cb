/**
 * Rows in parts: questions about the rows of a dataset, answered unit by unit apart, and put together into what all rows say. They may not
 * know what a question is for, where data lies, nor who runs the parts.
 */

import { createHash, randomBytes } from 'node:crypto';
import { sortedJson } from '../../base/json.ts';
import type { RowColumn } from '../../engine/check-rows.ts';
import type { ColumnReading, ColumnReadings } from '../../engine/column-readings.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import type { Slice } from '../plan/open-rows.ts';

/** Expressions as RowTable.ask takes them. */
export interface RowQuestion {
  readonly failing: string;
  readonly value: string;
  /** Set where rows are at fault whose values in these columns another row has too; all other questions each row answers by itself. */
  readonly repeated?: readonly string[];
}

/** What is asked of one table. */
export interface QuestionedTable {
  readonly name: string;
  /** The types of the columns that paths tell. */
  readonly partitions: readonly (readonly [name: string, type: string])[];
  /** What all of its rows have, where they are not alike by themselves. */
  readonly columns?: readonly RowColumn[];
  readonly questions: readonly RowQuestion[];
}

/** What all parts of one asking share. */
export interface RowsPlan {
  /** 64 hexadecimal digits that are of no other asking. Only who asks and who is asked know them: what is answered is sealed by them. */
  readonly secret: string;
  readonly tables: readonly QuestionedTable[];
  /** Which files are of which table, by its index, and how they are read. One group has all files that no other names. */
  readonly groups: readonly {
    readonly table: number;
    readonly readings: readonly (readonly [column: string, reading: ColumnReading])[];
    readonly files?: readonly string[];
  }[];
  /** The paths of the only files that are asked. All of them unless given. */
  readonly only?: readonly string[];
  readonly slice?: Slice;
  /** Seconds that the questions about one unit may take. */
  readonly timeLimit: number;
}

/** How one file is read, and what is asked of it. */
export interface AskedFile {
  readonly table: number;
  readonly readings: ColumnReadings;
}

/** @param asked by the names of tables */
export function planRows(
  tables: readonly TableRows[],
  asked: ReadonlyMap<string, Pick<QuestionedTable, 'questions' | 'columns'>>,
  options: Pick<RowsPlan, 'slice' | 'timeLimit' | 'only'>,
): RowsPlan {
  const groups = new Map<string, { table: number; readings: [string, ColumnReading][]; files: string[] }>();
  for (const [table, { files }] of tables.entries())
    for (const { file, readings } of files) {
      const key = JSON.stringify([table, [...readings]]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { table, readings: [...readings], files: [file.path] });
      else group.files.push(file.path);
    }
  const [largest, ...others] = [...groups.values()].sort((a, b) => b.files.length - a.files.length);
  return {
    ...options,
    secret: randomBytes(32).toString('hex'),
    tables: tables.map(({ name, partitions }) => ({
      name,
      partitions: [...partitions],
      ...(asked.get(name) ?? { questions: [] }),
    })),
    groups: [
      ...(largest === undefined ? [] : [{ table: largest.table, readings: largest.readings }]),
      ...others,
    ],
  };
}

/** Stands for what is asked, and of which units: answers to anything else have another. */
export function askedDigest(plan: RowsPlan): string {
  return createHash('sha256').update(sortedJson(plan)).digest('hex');
}

/** The numbers of the first questions of tables: those of all tables are numbered one after the other, from 0. */
export function firstNumbers({ tables }: Pick<RowsPlan, 'tables'>): readonly number[] {
  let next = 0;
  return tables.map(({ questions }) => {
    const first = next;
    next += questions.length;
    return first;
  });
}

/** By what the keys of one question are others than those of another, and those of one asking than those of another. @param asked an askedDigest */
export function keySalt(asked: string, question: number): string {
  return createHash('sha256').update(`${asked} ${question}`).digest('hex').slice(0, 16);
}

/** Tells of each path of a tabular file how it is read. */
export function askedFiles({ groups, only }: RowsPlan): (path: string) => AskedFile | undefined {
  const files = new Map<string, AskedFile>();
  let others: AskedFile | undefined;
  for (const { table, readings, files: named } of groups) {
    const asked = { table, readings: new Map(readings) };
    if (named === undefined) others = asked;
    else for (const path of named) files.set(path, asked);
  }
  const chosen = only && new Set(only);
  return (path) => (chosen?.has(path) === false ? undefined : (files.get(path) ?? others));
}
