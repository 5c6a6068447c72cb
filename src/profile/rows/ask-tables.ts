import { comparePaths } from '../../base/files/path-order.ts';
import { columnsTogether, EXAMPLES, type RowColumn } from '../../engine/check-rows.ts';
import { literal } from '../../engine/quote.ts';
import { keySql, keyTextSql } from '../../engine/row-keys.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import { MAX_QUESTIONS } from './answer-units.ts';
import { isReadOtherwise, kindsOf, type TableUnits, unitsOfTables } from './merge-answers.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import type { AnsweredUnit, AskedParts } from './rows-part.ts';
import { planRows, type RowQuestion, type RowsPlan } from './rows-plan.ts';

/** By the names of tables. */
export type Questions = ReadonlyMap<string, readonly RowQuestion[]>;

/** Has parts of the work ask their rows, on whatever machines, and the keys of all of them be looked at. */
export type AskParts = (plan: RowsPlan) => Promise<AskedParts>;

/**
 * Asks the rows of tables in parts. Where the rows of a table have different columns, they are asked once more, with the columns of all; and
 * where rows repeat others, the units of the first of these are asked for what they show.
 * @returns the units of each table that something is asked of, with their answers
 * @throws VarveError `part-missing`, and what the parts throw
 */
export async function askTables(
  tables: readonly TableRows[],
  questions: Questions,
  options: Pick<RowsPlan, 'slice' | 'timeLimit'>,
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
      columns.set(units.table.name, await columnsTogether(kinds));
  }
  const again = asked.filter(({ name }) => columns.has(name));
  const alike = again.length === 0 ? [] : await asking.ask(again, questions, columns);
  const all = [...found.filter(({ table }) => !columns.has(table.name)), ...alike];
  return asking.withExamples(all, questions, columns);
}

type Columns = ReadonlyMap<string, readonly RowColumn[]>;

/** Whether units come in the order of the rows, so that the first of the rows that repeat others can be told. */
export function isInOrder({ table: { files } }: TableUnits): boolean {
  return files.every(({ file }, at) => at === 0 || comparePaths(files[at - 1]!.file.path, file.path) < 0);
}

class Asking {
  readonly #tables: readonly TableRows[];
  readonly #options: Pick<RowsPlan, 'slice' | 'timeLimit'>;
  readonly #askParts: AskParts;

  constructor(
    tables: readonly TableRows[],
    options: Pick<RowsPlan, 'slice' | 'timeLimit'>,
    askParts: AskParts,
  ) {
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
    return unitsOfTables(own, units).map((each) => ({ ...each, repeated: this.#repeatedIn(each, repeated) }));
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

  #parts(own: readonly TableRows[], questions: Questions, columns: Columns, only?: readonly string[]) {
    const perTable = own.map(({ name }) => {
      const given = columns.get(name);
      return [name, { questions: questions.get(name)!, ...(given && { columns: given }) }] as const;
    });
    const options = { ...this.#options, ...(only && { only }) };
    return this.#askParts(planRows(this.#tables, new Map(perTable), options));
  }

  /** By question of the table. */
  #repeatedIn({ table }: Pick<TableUnits, 'table'>, all: readonly RepeatedKeys[]): TableUnits['repeated'] {
    const number = this.#tables.indexOf(table);
    const found = new Map<number, { failing: number; first: RepeatedKeys['first'] }>();
    for (const { question, failing, first } of all) {
      if (Math.floor(question / MAX_QUESTIONS) !== number) continue;
      const before = found.get(question % MAX_QUESTIONS) ?? { failing: 0, first: [] };
      found.set(question % MAX_QUESTIONS, {
        failing: before.failing + failing,
        first: [...before.first, ...first],
      });
    }
    return found;
  }
}

/** Those among the first rows of each range that may be the first of all: of the units up to that of the last one that is shown. */
function nearest(first: RepeatedKeys['first']): RepeatedKeys['first'] {
  const sorted = [...first].sort(([a], [b]) => a - b);
  const last = sorted[Math.min(EXAMPLES, sorted.length) - 1];
  return last === undefined ? [] : sorted.filter(([unit]) => unit <= last[0]);
}

/** Asks for the rows with one of the keys. */
function showing(near: RepeatedKeys['first'], columns: readonly string[], value: string): RowQuestion {
  const keys = [...new Set(near.map(([, key]) => literal(key)))];
  const isKey = columns.length === 1 && columns[0] === value;
  return {
    failing: `${keySql(columns)} IN (${keys.join(', ')})`,
    value: isKey ? keyTextSql(value) : value,
  };
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
      const [mine, told] = [answers[question]!, shown.get(unit.index)?.answers[at]];
      if (!some.has(unit.index) || told === undefined) continue;
      answers[question] = 'error' in told || 'error' in mine ? told : { ...mine, examples: told.examples };
    }
    return { ...unit, answers };
  });
  return { ...own, units };
}
