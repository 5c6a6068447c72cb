import { comparePaths } from '../../base/files/path-order.ts';
import { columnsTogether, EXAMPLES, type RowColumn } from '../../engine/check-rows.ts';
import { literal } from '../../engine/quote.ts';
import { keySql } from '../../engine/row-keys.ts';
import { VarveError } from '../../errors.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import { MAX_QUESTIONS } from './answer-units.ts';
import { isReadOtherwise, kindsOf, type TableUnits, unitsOfTables } from './merge-answers.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import { AGAIN, type AnsweredUnit, type AskedParts, damagedAnswer, otherData } from './rows-part.ts';
import { planRows, type RowQuestion, type RowsPlan } from './rows-plan.ts';

export interface AskingOptions extends Pick<RowsPlan, 'slice' | 'timeLimit'> {
  /** How many rows the tables have of which that is known, by their names. Not those of a slice. */
  readonly rows?: ReadonlyMap<string, number>;
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
      columns.set(units.table.name, await columnsTogether(kinds).catch(noTypes));
  }
  const again = asked.filter(({ name }) => columns.has(name));
  const alike = again.length === 0 ? [] : await asking.ask(again, questions, columns);
  const all = [...found.filter(({ table }) => !columns.has(table.name)), ...alike];
  return asking.withExamples(all, questions, columns);
}

function noTypes(cause: unknown): never {
  throw damagedAnswer('the columns of units are of no types, or of types that do not go together', cause);
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
    const { units, repeated } = await this.#parts(own, questions, columns);
    const found = unitsOfTables(own, units, (table) => questions.get(table)!.length);
    const known = found.reduce((sum, each) => sum + each.units.length, 0);
    // A slice takes files out of their tables that lack its column, and parts do not know which.
    if (this.#options.slice === undefined && known !== units.length)
      throw otherData('Parts have asked the rows of a file that is of no table');
    return found.map((each) => {
      this.#assertRows(each);
      return { ...each, repeated: this.#repeatedIn(each, repeated) };
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
        shown.set(name, [...asked, showing(near, names!, value)]);
        wanted.set(name, [...(wanted.get(name) ?? []), { question, at: asked.length, units }]);
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
    const told = await this.#askParts(planRows(this.#tables, new Map(perTable), shared));
    this.#files ??= told.files;
    if (this.#files === told.files) return told;
    throw otherData('The files had other names or sizes when their rows were asked once more');
  }

  /** By question of the table. @throws VarveError as assertRanges */
  #repeatedIn(
    { table, units }: Omit<TableUnits, 'repeated'>,
    all: readonly RepeatedKeys[],
  ): TableUnits['repeated'] {
    const first = this.#tables.indexOf(table) * MAX_QUESTIONS;
    const found: [number, Pick<RepeatedKeys, 'failing' | 'first'>][] = [];
    for (let question = 0; question < (units[0]?.answers.length ?? 0); question++) {
      const ranges = all.filter((each) => each.question === first + question);
      assertRanges(units, question, ranges);
      if (ranges.length === 0) continue;
      const failing = ranges.reduce((sum, range) => sum + range.failing, 0);
      found.push([question, { failing, first: ranges.flatMap((range) => range.first) }]);
    }
    return new Map(found);
  }
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
  const told = units.map(({ answers }) => answers[question]!);
  // One that cannot be asked has left what it has.
  if (told.some((answer) => 'error' in answer)) return;
  const left = told.reduce((sum, answer) => sum + ('keys' in answer ? (answer.keys ?? 0) : 0), 0);
  const found = ranges.reduce((sum, { keys }) => sum + keys, 0);
  const sorted = [...ranges].sort((a, b) => a.lowest - b.lowest);
  if (sorted.some(({ lowest }, at) => at > 0 && lowest <= sorted[at - 1]!.highest) || found > left)
    throw new VarveError('part-repeated', 'Some keys of rows were looked at twice', { remedy: AGAIN });
  if (found < left)
    throw new VarveError('part-missing', `Of ${left} keys of rows, ${found} were looked at`, {
      remedy: AGAIN,
    });
  const known = new Set(units.map(({ index }) => index));
  if (!ranges.every(({ first }) => first.every(([unit]) => known.has(unit))))
    throw damagedAnswer('a key is of no unit that was asked');
}

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
function showing(near: RepeatedKeys['first'], columns: readonly string[], value: string): RowQuestion {
  const keys = [...new Set(near.map(([, key]) => literal(key)))];
  const isCompared = `count(*) OVER (PARTITION BY ${columns.join(', ')}) > 0`;
  return { failing: `${isCompared} AND ${keySql(columns)} IN (${keys.join(', ')})`, value };
}

/** Units that were asked for what they show, by a question of their own. */
interface Wanted {
  readonly question: number;
  readonly at: number;
  readonly units: ReadonlySet<number>;
}

function withShown(
  own: TableUnits,
  wanted: readonly Wanted[],
  shown: ReadonlyMap<number, AnsweredUnit>,
): TableUnits {
  const units = own.units.map((unit) => {
    const answers = [...unit.answers];
    for (const { question, at, units: some } of wanted) {
      if (!some.has(unit.index)) continue;
      const [mine, told] = [answers[question]!, shown.get(unit.index)?.answers[at]];
      if (told === undefined || !('rows' in mine)) throw damagedAnswer(`${unit.path} was not asked again`);
      answers[question] = 'rows' in told ? { ...mine, examples: told.examples } : told;
    }
    return { ...unit, answers };
  });
  return { ...own, units };
}
