import type { RowColumn, RowTable } from '../../engine/check-rows.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import type { KeysAsked } from '../../engine/row-keys.ts';
import { shownPath } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';
import { isRead } from '../dataset/profile-directory.ts';
import type { DataFile } from '../dataset/profile-files.ts';
import { constantsOf } from '../dataset/table-rows.ts';
import { rangesOf } from '../dataset/units.ts';
import type { Unit } from '../parts/plan.ts';
import type { MachineOptions, WithUnit } from '../parts/profile-part.ts';
import type { DataReader } from '../reading/reader.ts';
import type { AnsweredUnit, UnitAnswer } from './rows-part.ts';
import { askedFiles, type QuestionedTable, type RowQuestion, type RowsPlan } from './rows-plan.ts';

/** Where a part leaves the keys of its rows, for whoever has those of all parts. */
export interface KeysPlace {
  /** Absolute. */
  readonly folder: string;
  readonly ranges: number;
}

/**
 * Asks units, one after the other. Those of tables of which nothing is asked are not read.
 * @param units with their index among those of all files
 * @param keys may be absent if no question is about rows that repeat others
 */
export async function* answerUnits(
  units: readonly (readonly [index: number, unit: Unit])[],
  plan: RowsPlan & { readonly unitBytes: number },
  reader: Pick<DataReader, 'openRows'>,
  withUnit: WithUnit,
  { onProgress, keys, ...machine }: MachineOptions & { readonly keys?: KeysPlace | undefined },
): AsyncGenerator<AnsweredUnit> {
  const askedOf = askedFiles(plan);
  for (const [done, [index, unit]] of units.entries()) {
    onProgress?.({ phase: 'profile', unit: 'files', done, total: units.length });
    machine.signal?.throwIfAborted();
    const asked = askedOf(unit.file.path);
    const table = asked && plan.tables[asked.table]!;
    if (table === undefined || table.questions.length === 0) continue;
    // Whether its rows are read is told by its name and size.
    if (!isRead({ ...unit.file, digest: '', absolutePath: '' }, plan)) continue;
    const { readings } = asked!;
    const framed = keys && { ...keys, frame: [asked!.table * MAX_QUESTIONS, index] as const };
    yield await withUnit(unit, (file) =>
      answerUnit([index, unit], file, { ...plan, table, readings, keys: framed }, reader, machine),
    );
  }
}

/** Questions of one table have numbers up to this, from its own on. */
export const MAX_QUESTIONS = 2 ** 16;

interface UnitPlan extends Pick<RowsPlan, 'slice' | 'timeLimit'> {
  readonly unitBytes: number;
  readonly table: QuestionedTable;
  readonly readings: ColumnReadings;
  /** Its frame has the number of the table's first question. */
  readonly keys: Omit<KeysAsked, 'columns'> | undefined;
}

async function answerUnit(
  [index, { number }]: readonly [number, Unit],
  file: DataFile,
  { slice, timeLimit, unitBytes, table, readings, keys }: UnitPlan,
  reader: Pick<DataReader, 'openRows'>,
  machine: MachineOptions,
): Promise<AnsweredUnit> {
  const { path, absolutePath } = file;
  const range = rangesOf(file, unitBytes)[number];
  const constants = constantsOf(path, new Map(table.partitions));
  const source = { path, absolutePath, shownAs: shownPath(file), ...(range && { range }) };
  const group = { files: [source], constants, readings };
  const deadline = AbortSignal.timeout(timeLimit * 1000);
  const signal = machine.signal === undefined ? deadline : AbortSignal.any([machine.signal, deadline]);
  const { columns } = table;
  const options = { ...machine, signal, ...(slice && { slice }), ...(columns && { columns }) };
  try {
    const opened = await opening(reader, group, options);
    try {
      const { rows, columns: found } = await opened.rows.shape();
      const answers: UnitAnswer[] = [];
      for (const [at, question] of table.questions.entries()) {
        const framed = keys && { ...keys, frame: [keys.frame[0] + at, index] as const };
        answers.push(opened.lacks ?? (await answerOf(opened.rows, question, framed)));
      }
      return { path, number, index, rows, columns: found, answers };
    } finally {
      opened.rows.close();
    }
  } catch (error) {
    machine.signal?.throwIfAborted();
    throw deadline.aborted ? tooLong(path, timeLimit) : error;
  }
}

type Opening = Parameters<DataReader['openRows']>;

/** The rows, without the slice where its column is one that only other files have: whoever asks has to say all columns then. */
async function opening(
  reader: Pick<DataReader, 'openRows'>,
  group: Opening[0][number],
  options: Opening[1],
): Promise<{ readonly rows: RowTable; readonly lacks?: UnitAnswer }> {
  const { slice, ...others } = options;
  const rows = await reader.openRows([group], others);
  if (slice === undefined) return { rows };
  try {
    const { columns } = await rows.shape();
    if (!hasColumn(columns, slice.feature)) return { rows, lacks: lacksColumn(slice.feature) };
  } catch (error) {
    rows.close();
    throw error;
  }
  rows.close();
  return { rows: await reader.openRows([group], options) };
}

function hasColumn(columns: readonly RowColumn[], column: string): boolean {
  return columns.some(({ name }) => name.toLowerCase() === column.toLowerCase());
}

function lacksColumn(column: string): UnitAnswer {
  return {
    error: { code: 'column-missing', message: `There is no column ${column}`, remedy: 'Name another.' },
  };
}

/** A question that these rows cannot be asked may be one for all rows together, which have other columns. */
async function answerOf(
  rows: RowTable,
  { failing, value, repeated }: RowQuestion,
  keys: Omit<KeysAsked, 'columns'> | undefined,
): Promise<UnitAnswer> {
  try {
    if (repeated !== undefined)
      return { rows: await rows.keys({ ...keys!, columns: repeated }), failing: 0, examples: [] };
    const { rows: asked, failing: found, examples } = await rows.ask(failing, value);
    return { rows: asked, failing: found, examples: examples.map(({ row, value: shown }) => [row, shown]) };
  } catch (error) {
    if (!(error instanceof VarveError) || error.code !== 'expression-invalid') throw error;
    const { code, message, remedy = '' } = error;
    return { error: { code, message, remedy } };
  }
}

function tooLong(path: string, timeLimit: number): VarveError {
  return new VarveError(
    'checks-too-long',
    `Checking the rows of ${path} took longer than ${timeLimit} seconds, and was ended`,
    { path, remedy: 'Simplify what the schema asks of rows, or give it more time there by `timeLimit`.' },
  );
}
