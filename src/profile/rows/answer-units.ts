import type { RowTable } from '../../engine/check-rows.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import type { KeysAsked } from '../../engine/row-keys.ts';
import { plainSource } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';
import { isRead } from '../dataset/profile-directory.ts';
import type { DataFile } from '../dataset/profile-files.ts';
import { constantsOf } from '../dataset/table-rows.ts';
import { rangesOf } from '../dataset/units.ts';
import type { Unit } from '../parts/plan.ts';
import type { MachineOptions, WithUnit } from '../parts/profile-part.ts';
import type { DataReader } from '../reading/reader.ts';
import { QUESTION_FAULTS, type UnitAnswer } from './answers.ts';
import type { AnsweredUnit } from './rows-part.ts';
import {
  askedFiles,
  firstNumbers,
  keySalt,
  type QuestionedTable,
  type RowQuestion,
  type RowsPlan,
} from './rows-plan.ts';

/** Where a part leaves the keys of its rows, for whoever has those of all parts. */
export interface KeysPlace {
  /** Absolute. */
  readonly folder: string;
  readonly ranges: number;
  /** The askedDigest of the plan. */
  readonly asked: string;
  /** That of the plan. */
  readonly secret: string;
}

/**
 * Asks units, one after the other.
 * @param units those of askedUnits, with their index among those of all files
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
  const first = firstNumbers(plan);
  for (const [done, [index, unit]] of units.entries()) {
    onProgress?.({ phase: 'profile', unit: 'files', done, total: units.length });
    machine.signal?.throwIfAborted();
    const { table: number, readings } = askedOf(unit.file.path)!;
    const own = { ...plan, table: plan.tables[number]!, firstNumber: first[number]!, readings, keys };
    yield await withUnit(unit, (file) => answerUnit([index, unit], file, own, reader, machine));
  }
}

/** Those of some units of whose rows something is asked, which their names and sizes tell. */
export function askedUnits<Numbered extends readonly [index: number, unit: Unit]>(
  units: readonly Numbered[],
  plan: RowsPlan & { readonly unitBytes: number },
): readonly Numbered[] {
  const askedOf = askedFiles(plan);
  return units.filter(([, { file }]) => {
    const asked = askedOf(file.path);
    const isAsked = asked !== undefined && plan.tables[asked.table]!.questions.length > 0;
    return isAsked && isRead({ ...file, digest: '', absolutePath: '' }, plan);
  });
}

interface UnitPlan extends Pick<RowsPlan, 'slice' | 'timeLimit'> {
  readonly unitBytes: number;
  readonly table: QuestionedTable;
  /** Of the first question, among those of all tables. */
  readonly firstNumber: number;
  readonly readings: ColumnReadings;
  readonly keys: KeysPlace | undefined;
}

async function answerUnit(
  [index, { number }]: readonly [number, Unit],
  file: DataFile,
  { slice, timeLimit, unitBytes, table, firstNumber, readings, keys }: UnitPlan,
  reader: Pick<DataReader, 'openRows'>,
  machine: MachineOptions,
): Promise<AnsweredUnit> {
  const { path } = file;
  const range = rangesOf(file, unitBytes)[number];
  const constants = constantsOf(path, new Map(table.partitions));
  const source = { ...plainSource(file), ...(range && { range }) };
  const group = { files: [source], constants, readings };
  const deadline = AbortSignal.timeout(timeLimit * 1000);
  const signal = machine.signal === undefined ? deadline : AbortSignal.any([machine.signal, deadline]);
  const { columns } = table;
  const options = { ...machine, signal, ...(slice && { slice }), ...(columns && { columns }) };
  try {
    const opened = await reader.openRows([group], options);
    try {
      const { rows, columns: found } = await opened.shape();
      const answers: UnitAnswer[] = [];
      for (const [at, question] of table.questions.entries()) {
        const asked = keys && keysOf(keys, firstNumber + at, index);
        answers.push(await answerOf(opened, question, asked));
      }
      return { path, number, index, rows, columns: found, answers };
    } finally {
      opened.close();
    }
  } catch (error) {
    machine.signal?.throwIfAborted();
    throw deadline.aborted ? tooLong(path, timeLimit) : error;
  }
}

function keysOf({ folder, ranges, asked, secret }: KeysPlace, question: number, unit: number): UnitKeys {
  return { folder, ranges, secret, salt: keySalt(asked, question), frame: [question, unit] };
}

type UnitKeys = Omit<KeysAsked, 'columns'>;

/** A question that these rows cannot be asked may be one for all rows together, which have other columns. */
async function answerOf(
  rows: RowTable,
  { failing, value, repeated }: RowQuestion,
  keys: UnitKeys | undefined,
): Promise<UnitAnswer> {
  try {
    if (repeated !== undefined) {
      const written = await rows.keys(failing, { ...keys!, columns: repeated });
      return written === undefined ? { incomparable: true } : { ...written, failing: 0, examples: [] };
    }
    const { rows: asked, failing: found, examples } = await rows.ask(failing, value);
    return { rows: asked, failing: found, examples: examples.map(({ row, value: shown }) => [row, shown]) };
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    const code = QUESTION_FAULTS.find((each) => each === error.code);
    if (code === undefined) throw error;
    return { error: { code, message: error.message, remedy: error.remedy } };
  }
}

function tooLong(path: string, timeLimit: number): VarveError {
  return new VarveError(
    'checks-too-long',
    `Checking the rows of ${path} took longer than ${timeLimit} seconds, and was ended`,
    { path, remedy: 'Simplify what the schema asks of rows, or give it more time there by `timeLimit`.' },
  );
}
