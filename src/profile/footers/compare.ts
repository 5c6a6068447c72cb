import type { FooterColumn, FooterStatistics, FooterTable } from './model.ts';

/** What differs between the footers of two versions. */
export interface FooterDifference {
  readonly table: string;
  readonly path: readonly string[];
  readonly what: 'added' | 'removed' | 'type' | 'nulls' | 'min' | 'max';
  /** As text; null where it is not known, or there is no such column. */
  readonly before: string | null;
  readonly after: string | null;
}

const FACTS = ['type', 'nulls', 'min', 'max'] as const;
const COLUMNS = ['type'] as const;

/**
 * Tell what the footers of two versions say differently of their columns, in the order of these. How values are distributed, they do not say.
 * Footers and tables cut and count differently, so that of one and the other only the columns are compared.
 */
export function compareFooters(before: FooterStatistics, after: FooterStatistics): FooterDifference[] {
  const facts = before.by === after.by ? FACTS : COLUMNS;
  const names = new Set([...before.tables, ...after.tables].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [one, other] = [before, after].map(({ tables }) => columnsOf(tables, name));
    const paths = [...new Set([...other!.keys(), ...one!.keys()])];
    return paths.flatMap((path) => differences(name, facts, one!.get(path), other!.get(path)));
  });
}

function columnsOf(tables: readonly FooterTable[], name: string): ReadonlyMap<string, FooterColumn> {
  const table = tables.find((one) => one.name === name);
  return new Map(table?.columns.map((column) => [JSON.stringify(column.path), column]));
}

function differences(
  table: string,
  facts: readonly (typeof FACTS)[number][],
  before: FooterColumn | undefined,
  after: FooterColumn | undefined,
): FooterDifference[] {
  const path = (before ?? after)!.path;
  if (before === undefined || after === undefined)
    return [
      {
        ...{ table, path, what: before === undefined ? 'added' : 'removed' },
        ...{ before: before?.type ?? null, after: after?.type ?? null },
      },
    ];
  return facts.flatMap((what) => {
    const [one, other] = [before[what], after[what]];
    return one === other ? [] : [{ table, path, what, before: textOf(one), after: textOf(other) }];
  });
}

function textOf(value: string | number | undefined): string | null {
  return value === undefined ? null : String(value);
}
