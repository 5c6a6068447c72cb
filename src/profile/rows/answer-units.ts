import type { RowColumn, RowTable } from '../../engine/check-rows.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import { VarveError } from '../../errors.ts';
import { isRead } from '../dataset/profile-directory.ts';
import type { DataFile } from '../dataset/profile-files.ts';
import { constantsOf } from '../dataset/table-rows.ts';
import { rangesOf } from '../dataset/units.ts';
import type { Unit } from '../parts/plan.ts';
import type { MachineOptions, WithUnit } from '../parts/profile-part.ts';
import type { DataReader } from '../reading/reader.ts';
import type { Answer, AnsweredUnit } from './rows-part.ts';
import { type AskedTable, askedFiles, type RowQuestion, type RowsPlan } from './rows-plan.ts';

/** Asks units, one after the other. Those of tables of which nothing is asked are not read. */
export async function* answerUnits(
  units: readonly Unit[],
  plan: RowsPlan & { readonly unitBytes: number },
  reader: Pick<DataReader, 'openRows'>,
  withUnit: WithUnit,
  { onProgress, ...machine }: MachineOptions,
): AsyncGenerator<AnsweredUnit> {
  const askedOf = askedFiles(plan);
  for (const [done, unit] of units.entries()) {
    onProgress?.({ phase: 'profile', unit: 'files', done, total: units.length });
    machine.signal?.throwIfAborted();
    const asked = askedOf(unit.file.path);
    const table = asked && plan.tables[asked.table]!;
    if (table === undefined || table.questions.length === 0) continue;
    // Whether its rows are read is told by its name and size.
    if (!isRead({ ...unit.file, digest: '', absolutePath: '' }, plan)) continue;
    yield await withUnit(unit, (file) =>
      answerUnit(unit, file, { ...plan, table, readings: asked!.readings }, reader, machine),
    );
  }
}

interface UnitPlan extends Pick<RowsPlan, 'slice' | 'timeLimit'> {
  readonly unitBytes: number;
  readonly table: AskedTable;
  readonly readings: ColumnReadings;
}

async function answerUnit(
  { number }: Unit,
  { path, absolutePath, size }: DataFile,
  { slice, timeLimit, unitBytes, table, readings }: UnitPlan,
  reader: Pick<DataReader, 'openRows'>,
  machine: MachineOptions,
): Promise<AnsweredUnit> {
  const range = rangesOf({ path, size }, unitBytes)[number];
  const constants = constantsOf(path, new Map(table.partitions));
  const group = { files: [{ path, absolutePath, ...(range && { range }) }], constants, readings };
  const deadline = AbortSignal.timeout(timeLimit * 1000);
  const signal = machine.signal === undefined ? deadline : AbortSignal.any([machine.signal, deadline]);
  const { columns } = table;
  const options = { ...machine, signal, ...(slice && { slice }), ...(columns && { columns }) };
  try {
    const opened = await opening(reader, group, options);
    try {
      const { rows, columns: found } = await opened.rows.shape();
      const answers: Answer[] = [];
      for (const question of table.questions)
        answers.push(opened.lacks ?? (await answerOf(opened.rows, question)));
      return { path, number, rows, columns: found, answers };
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
): Promise<{ readonly rows: RowTable; readonly lacks?: Answer }> {
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

function lacksColumn(column: string): Answer {
  return {
    error: { code: 'column-missing', message: `There is no column ${column}`, remedy: 'Name another.' },
  };
}

/** A question that these rows cannot be asked may be one for all rows together, which have other columns. */
async function answerOf(rows: RowTable, { failing, value }: RowQuestion): Promise<Answer> {
  try {
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
