import type { Engine } from '../../duckdb.ts';
import { identifier } from '../../quote.ts';
import type { EngineColumn, EngineType } from '../../types.ts';

/** What DuckDB's reader of JSON makes of objects when it has met no name in any of them: maps, whose keys and values nobody wrote. */
const NAMELESS = 'MAP(VARCHAR, VARCHAR)';
/** The column that it invents for rows that are such objects, and for no rows at all. */
const INVENTED = 'json';
const NOTHING: EngineType = { kind: 'struct', text: NAMELESS, fields: [] };

/**
 * The columns of a table of JSON as the data has them: an object that is empty in every row, as a row or within one, has no fields.
 * @returns what gives the types of columns from those that DuckDB tells of them
 */
export async function withoutNameless(
  engine: Engine,
  relation: string,
): Promise<(columns: readonly EngineColumn[]) => readonly EngineColumn[]> {
  const columns = await engine.describe(relation);
  const places = columns.flatMap(({ name, type }) => namelessIn(type, identifier(name)));
  const [rows] = await engine.query(`SELECT 1 FROM ${relation} LIMIT 1`);
  if (rows!.length === 0 && columns.length === 1 && columns[0]!.name === INVENTED) return () => [];
  if (places.length === 0) return (same) => same;
  const asked = places.map(({ hasNames }) => `coalesce(bool_or(${hasNames}), false)`);
  const found = await engine.query(`SELECT ${asked.join(', ')} FROM ${relation}`);
  const empty = new Set(
    places.filter((_, index) => found[index]![0] === false).map(({ expression }) => expression),
  );
  return (told) =>
    told
      .map(({ name, type }) => ({ name, type: withNothing(type, identifier(name), empty) }))
      .filter(({ type }) => type !== NOTHING);
}

interface Place {
  /** The maps, by which they are known again. */
  readonly expression: string;
  /** Whether one of a row has an entry. */
  readonly hasNames: string;
}

function namelessIn(type: EngineType, expression: string): Place[] {
  if (type.text === NAMELESS) return [{ expression, hasNames: `cardinality(${expression}) > 0` }];
  if (type.kind === 'struct')
    return type.fields.flatMap((field, index) => namelessIn(field.type, fieldOf(expression, index)));
  if (type.kind !== 'list' || !isPlainList(type)) return [];
  const variable = elementOf(expression);
  return namelessIn(type.element, variable).map((place) => ({
    ...place,
    hasNames: `len(list_filter(${expression}, lambda ${variable}: ${place.hasNames})) > 0`,
  }));
}

function withNothing(type: EngineType, expression: string, empty: ReadonlySet<string>): EngineType {
  if (type.text === NAMELESS) return empty.has(expression) ? NOTHING : type;
  if (type.kind === 'struct')
    return {
      ...type,
      fields: type.fields.map(({ name, type: own }, index) => ({
        name,
        type: withNothing(own, fieldOf(expression, index), empty),
      })),
    };
  if (type.kind !== 'list' || !isPlainList(type)) return type;
  return { ...type, element: withNothing(type.element, elementOf(expression), empty) };
}

/** Not a map, which is a list of entries to a reader, and none to the engine. */
function isPlainList({ text }: EngineType): boolean {
  return text.endsWith('[]');
}

/** By place, since names may be anything. */
function fieldOf(expression: string, index: number): string {
  return `struct_extract_at(${expression}, ${index + 1})`;
}

/** One name a list, so that lists within lists are told apart. */
function elementOf(expression: string): string {
  return identifier(`of ${expression}`);
}
