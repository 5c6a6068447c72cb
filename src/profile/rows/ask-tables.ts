import { comparePaths } from '../../base/files/path-order.ts';
import { groupBy } from '../../base/group-by.ts';
import { columnsTogether, EXAMPLES, type RowColumn } from '../../engine/check-rows.ts';
import { literal } from '../../engine/quote.ts';
import { KeySum, keySql } from '../../engine/row-keys.ts';
import { VarveError } from '../../errors.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import {
  assertOrder,
  isReadOtherwise,
  kindsOf,
  type RepeatedRows,
  type TableUnits,
  unitsOfTables,
} from './merge-answers.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import { AGAIN, type AnsweredUnit, type AskedParts, damagedAnswer, otherData } from './rows-part.ts';
import { askedFiles, firstNumbers, keySalt, planRows, type RowQuestion, type RowsPlan } from './rows-plan.ts';

export interface AskingOptions extends Pick<RowsPlan, 'slice' | 'timeLimit'> {
  /** How many rows the tables have of which that is known, by their names. Not those of a slice. */
  readonly rows?: ReadonlyMap<string, number>;
  readonly signal?: AbortSignal | undefined;
}

/** By the names of tables. */
export type Questions = ReadonlyMap<string, readonly RowQuestion[]>;

/** Has parts of the work ask their rows, on whatever machines, and the keys of all of them be looked at. */
export type AskParts = (plan: RowsPlan) => Promise<AskedParts>;

/**
 * Asks the rows of tables in parts. Where the rows of a table have different columns, they are asked once more, with the columns of all; and
 * where rows repeat others, the units of the first of these are asked for what they show.
 * @returns the units of each table that something is asked of, with their answers
 * @throws VarveError `part-missing`, `part-repeated`, `part-damaged`, `parts-differ`, and what the parts throw
 */
export async function askTables(
  tables: readonly TableRows[],
  questions: Questions,
  options: AskingOptions,
  askParts: AskParts,
): Promise<readonly TableUnits[]> {
  const asked = tables.filter(({ name }) => questions.has(name));
  if (asked.length === 0) return [];
  const asking = new Asking(tables, options, askParts);
  const found = await asking.ask(asked, questions, new Map());
  const columns = new Map<string, readonly RowColumn[]>();
  for (const units of found) {
    const kinds = kindsOf(units);
    if (kinds.length > 1 && !isReadOtherwise(units))
      columns.set(units.table.name, await together(kinds, options));
  }
  const again = asked.filter(({ name }) => columns.has(name));
  const alike = again.length === 0 ? [] : await asking.ask(again, questions, columns);
  const all = [...found.filter(({ table }) => !columns.has(table.name)), ...alike];
  return asking.withExamples(all, questions, columns);
}

/** As columnsTogether. What units say of their columns is a stranger's: looking at it takes no longer than asking one of them may. */
async function together(
  kinds: readonly (readonly RowColumn[])[],
  { timeLimit, signal }: AskingOptions,
): Promise<readonly RowColumn[]> {
  const deadline = AbortSignal.timeout(timeLimit * 1000);
  try {
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    return await columnsTogether(kinds, { signal: either });
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted)
      throw damagedAnswer(`the columns of units took more than ${timeLimit} seconds to put together`, error);
    if (!(error instanceof VarveError) || error.code !== 'expression-invalid') throw error;
    throw damagedAnswer('the columns of units are of no types, or of types that do not go together', error);
  }
}

type Columns = ReadonlyMap<string, readonly RowColumn[]>;

/** Whether units come in the order of the rows, so that the first of the rows that repeat others can be told. */
export function isInOrder({ table: { files } }: TableUnits): boolean {
  return files.every(({ file }, at) => at === 0 || comparePaths(files[at - 1]!.file.path, file.path) < 0);
}

class Asking {
  readonly #tables: readonly TableRows[];
  readonly #options: AskingOptions;
  readonly #askParts: AskParts;
  /** What stands for the files that the parts saw at first. */
  #files: string | undefined;
  /** Units as they were when they were first asked, by their index. */
  readonly #units = new Map<number, Pick<AnsweredUnit, 'path' | 'number' | 'rows'>>();

  constructor(tables: readonly TableRows[], options: AskingOptions, askParts: AskParts) {
    this.#tables = tables;
    this.#options = options;
    this.#askParts = askParts;
  }

  async ask(
    own: readonly TableRows[],
    questions: Questions,
    columns: Columns,
  ): Promise<readonly TableUnits[]> {
    const { units, repeated, asked, plan } = await this.#parts(own, questions, columns);
    const first = firstNumbers(plan);
    const found = unitsOfTables(own, units);
    const known = found.reduce((sum, each) => sum + each.units.length, 0);
    // A slice takes files out of their tables that lack its column, and parts do not know which.
    if (this.#options.slice === undefined && known !== units.length)
      throw otherData('Parts have asked the rows of a file that is of no table');
    return found.map((each) => {
      this.#assertRows(each);
      const numbered = { first: first[this.#tables.indexOf(each.table)]!, asked, all: repeated };
      return { ...each, repeated: repeatedIn(each, questions.get(each.table.name)!, numbered) };
    });
  }

  /** @throws VarveError `parts-differ` */
  #assertRows({ table: { name }, units }: Pick<TableUnits, 'table' | 'units'>): void {
    const known = this.#options.rows?.get(name);
    const found = units.reduce((sum, unit) => sum + unit.rows, 0);
    if (known === undefined || found === known) return;
    const table = name === '' ? 'the data' : `the table ${JSON.stringify(name)}`;
    throw otherData(`The parts have found ${found} rows of ${table}, whose profile has ${known}`);
  }

  /** The same units, with the first rows that repeat others as examples. */
  async withExamples(
    all: readonly TableUnits[],
    questions: Questions,
    columns: Columns,
  ): Promise<readonly TableUnits[]> {
    const shown = new Map<string, RowQuestion[]>();
    const wanted = new Map<string, Wanted[]>();
    const paths = new Set<string>();
    for (const own of all) {
      const { name } = own.table;
      for (const [question, repeated] of own.repeated) {
        const { value, repeated: names } = questions.get(name)![question]!;
        const near = nearest(repeated.first);
        if (near.length === 0 || !isInOrder(own)) continue;
        const units = new Set(near.map(([unit]) => unit));
        const asked = shown.get(name) ?? [];
        shown.set(name, [...asked, showing(near, names!, value, repeated.salt)]);
        wanted.set(name, [...(wanted.get(name) ?? []), { question, at: asked.length, near }]);
        for (const { index, path } of own.units) if (units.has(index)) paths.add(path);
      }
    }
    if (paths.size === 0) return all;
    const own = all.map(({ table }) => table).filter(({ name }) => shown.has(name));
    const { units } = await this.#parts(own, shown, columns, [...paths]);
    const byIndex = new Map(units.map((unit) => [unit.index, unit]));
    return all.map((each) => withShown(each, wanted.get(each.table.name) ?? [], byIndex));
  }

  /** @throws VarveError `parts-differ` unless they see what the parts of earlier questions saw */
  async #parts(own: readonly TableRows[], questions: Questions, columns: Columns, only?: readonly string[]) {
    const perTable = own.map(({ name }) => {
      const given = columns.get(name);
      return [name, { questions: questions.get(name)!, ...(given && { columns: given }) }] as const;
    });
    const { slice, timeLimit } = this.#options;
    const shared = { timeLimit, ...(slice && { slice }), ...(only && { only }) };
    const plan = planRows(this.#tables, new Map(perTable), shared);
    const told = await this.#askParts(plan);
    this.#files ??= told.files;
    if (this.#files !== told.files)
      throw otherData('The files had other names or sizes when their rows were asked once more');
    assertOrder(told.units);
    assertColumns(told.units, plan);
    for (const { index, path, number, rows } of told.units) {
      const before = this.#units.get(index) ?? { path, number, rows };
      if (before.path !== path || before.number !== number || before.rows !== rows)
        throw otherData(`${path} had other rows when it was asked once more`);
      this.#units.set(index, before);
    }
    return { ...told, plan };
  }
}

/** Hold the columns of units against those of their tables that they were told of. @throws VarveError `part-damaged` */
function assertColumns(units: readonly AnsweredUnit[], plan: RowsPlan): void {
  const askedOf = askedFiles(plan);
  const wanted = plan.tables.map(({ columns }) => columns && JSON.stringify(columns));
  const texts = new Map<readonly RowColumn[], string>();
  for (const { path, columns } of units) {
    const text = texts.get(columns) ?? JSON.stringify(columns);
    texts.set(columns, text);
    const told = wanted[askedOf(path)!.table];
    if (told !== undefined && told !== text)
      throw damagedAnswer(`rows of ${path} were asked with other columns than their table has`);
  }
}

/**
 * By question of the table.
 * @param numbered its first question has that number among those of all tables, of which `all` has what ranges say
 * @throws VarveError as assertRanges
 */
function repeatedIn(
  { units }: Omit<TableUnits, 'repeated'>,
  questions: readonly RowQuestion[],
  {
    first,
    asked,
    all,
  }: { readonly first: number; readonly asked: string; readonly all: readonly RepeatedKeys[] },
): TableUnits['repeated'] {
  const byQuestion = groupBy(all, ({ question }) => question);
  const found: [number, RepeatedRows][] = [];
  for (const [at, { repeated }] of questions.entries()) {
    // One unit that could not be asked, or compared, is all that is told of the question.
    if (repeated === undefined || !units.every(({ answers }) => 'keys' in answers[at]!)) continue;
    const ranges = byQuestion.get(first + at) ?? [];
    assertRanges(units, at, ranges);
    const failing = ranges.reduce((sum, range) => sum + range.failing, 0);
    const firstRows = ranges.flatMap((range) => range.first);
    found.push([at, { failing, first: firstRows, salt: keySalt(asked, first + at) }]);
  }
  return new Map(found);
}

/**
 * Holds what the ranges of keys say against what the units left in them: each range is there once, with all of its keys.
 * @throws VarveError `part-missing`, `part-repeated`, `part-damaged`
 */
function assertRanges(
  units: readonly AnsweredUnit[],
  question: number,
  ranges: readonly RepeatedKeys[],
): void {
  const [wanted, looked] = [new KeySum(), new KeySum()];
  const left = units.reduce((sum, { answers }) => {
    const { keys = 0, sum: own = '' } = answers[question] as KeysLeft;
    wanted.addText(own);
    return sum + keys;
  }, 0);
  for (const { sum } of ranges) looked.addText(sum);
  const found = ranges.reduce((sum, { keys }) => sum + keys, 0);
  const sorted = [...ranges].sort((a, b) => a.lowest - b.lowest);
  if (sorted.some(({ lowest }, at) => at > 0 && lowest <= sorted[at - 1]!.highest) || found > left)
    throw new VarveError('part-repeated', 'Some keys of rows were looked at twice', { remedy: AGAIN });
  if (found < left)
    throw new VarveError('part-missing', `Of ${left} keys of rows, ${found} were looked at`, {
      remedy: AGAIN,
    });
  if (wanted.text !== looked.text)
    throw damagedAnswer('the keys that were looked at are not those that units have left');
  const rows = new Map(units.map((unit) => [unit.index, unit.rows]));
  const first = groupBy(
    ranges.flatMap((range) => range.first),
    ([unit]) => unit,
  );
  for (const [unit, own] of first)
    if (own.length > (rows.get(unit) ?? 0)) throw damagedAnswer('a key is of no row that was asked');
}

/** Of a unit that was asked about rows that repeat others. */
type KeysLeft = Pick<Extract<AnsweredUnit['answers'][number], { readonly rows: number }>, 'keys' | 'sum'>;

/** Those among the first rows of each range that may be the first of all: of the units up to that of the last one that is shown. */
function nearest(first: RepeatedKeys['first']): RepeatedKeys['first'] {
  const sorted = [...first].sort(([a], [b]) => a - b);
  const last = sorted[Math.min(EXAMPLES, sorted.length) - 1];
  return last === undefined ? [] : sorted.filter(([unit]) => unit <= last[0]);
}

/**
 * Asks for the rows with one of the keys. They are compared as one machine compares all of them, for the engine then shows some values otherwise:
 * zeros without their sign.
 */
function showing(
  near: RepeatedKeys['first'],
  columns: readonly string[],
  value: string,
  salt: string,
): RowQuestion {
  const keys = [...new Set(near.map(([, key]) => literal(key)))];
  const isCompared = `count(*) OVER (PARTITION BY ${columns.join(', ')}) > 0`;
  return { failing: `${isCompared} AND ${keySql(columns, salt)} IN (${keys.join(', ')})`, value };
}

/** Units that were asked for what they show, by a question of their own. */
interface Wanted {
  readonly question: number;
  readonly at: number;
  /** The rows that they have at least. */
  readonly near: RepeatedKeys['first'];
}

function withShown(
  own: TableUnits,
  wanted: readonly Wanted[],
  shown: ReadonlyMap<number, AnsweredUnit>,
): TableUnits {
  const units = own.units.map((unit) => {
    const answers = [...unit.answers];
    for (const { question, at, near } of wanted) {
      const least = near.filter(([index]) => index === unit.index).length;
      if (least === 0) continue;
      const [mine, told] = [answers[question]!, shown.get(unit.index)?.answers[at]];
      if (told === undefined || !('rows' in mine)) throw damagedAnswer(`${unit.path} was not asked again`);
      const most = own.repeated.get(question)!.failing;
      if ('rows' in told && (told.failing < least || told.failing > most || told.rows !== mine.rows))
        throw damagedAnswer(`of ${unit.path}, other rows repeat others than before`);
      answers[question] = 'rows' in told ? { ...mine, examples: told.examples } : told;
    }
    return { ...unit, answers };
  });
  return { ...own, units };
}
