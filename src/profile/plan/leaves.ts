import { identifier } from '../../engine/quote.ts';
import type { EngineColumn, EngineType } from '../../engine/types.ts';
import type { FeatureType } from '../model/model.ts';

/** A feature as the plan reaches it: from a column through struct fields and list levels to a scalar. */
export interface Leaf {
  readonly path: readonly string[];
  readonly type: FeatureType;
  readonly scalar: EngineType & { kind: 'scalar' };
  /** The engine's type of the whole column where the leaf is the column, else of the leaf. */
  readonly engineType: string;
  /**
   * One expression more than there are list levels. The first is over the source's columns; each later one over `v`, an
   * element of the list before it. The last gives the leaf's value, all others lists.
   */
  readonly expressions: readonly string[];
}

/** Whether its values are texts or bytes, which take longest to count. */
export function isText({ type }: Leaf): boolean {
  return type === 'string' || type === 'bytes';
}

export function hasNumbers({ type }: Leaf): boolean {
  return type === 'integer' || type === 'float' || type === 'decimal';
}

/** The deepest nesting that is followed; what lies deeper is one value of type string. */
const MAX_DEPTH = 32;

/** The leaves of columns, in the columns' order. */
export function leavesOf(columns: readonly EngineColumn[]): Leaf[] {
  return columns.flatMap((column) => leavesUnder(column.type, [column.name], [identifier(column.name)]));
}

function leavesUnder(type: EngineType, path: readonly string[], expressions: readonly string[]): Leaf[] {
  const outer = expressions.slice(0, -1);
  const here = expressions[expressions.length - 1]!;
  if (type.kind === 'struct' && path.length < MAX_DEPTH) {
    return type.fields.flatMap((field, index) =>
      leavesUnder(
        field.type,
        [...path, field.name || `field${index}`],
        // By place, since a struct may have fields without a name.
        [...outer, `struct_extract_at(${here}, ${index + 1})`],
      ),
    );
  }
  if (type.kind === 'list' && path.length < MAX_DEPTH) {
    return leavesUnder(type.element, [...path, '[]'], [...outer, asList(type, here), 'v']);
  }
  const scalar: Leaf['scalar'] =
    type.kind === 'scalar' ? type : { kind: 'scalar', id: 'VARCHAR', text: type.text, width: 0, scale: 0 };
  const cast = type.kind === 'scalar' ? here : `CAST(${here} AS VARCHAR)`;
  return [{ path, type: featureType(scalar), scalar, engineType: type.text, expressions: [...outer, cast] }];
}

function asList(type: EngineType & { kind: 'list' }, expression: string): string {
  // A list of maps is written `MAP(…)[]`.
  if (/^MAP\(.*\)$/s.test(type.text)) return `map_entries(${expression})`;
  // An array is written `FLOAT[16]`.
  return /\[\d+\]$/.test(type.text) ? `CAST(${expression} AS ${type.element.text}[])` : expression;
}

const TYPE_OF: Readonly<Record<string, FeatureType>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  HUGEINT: 'integer',
  UTINYINT: 'integer',
  USMALLINT: 'integer',
  UINTEGER: 'integer',
  UBIGINT: 'integer',
  UHUGEINT: 'integer',
  FLOAT: 'float',
  DOUBLE: 'float',
  DECIMAL: 'decimal',
  BLOB: 'bytes',
  DATE: 'date',
  TIME: 'time',
  TIME_NS: 'time',
  'TIME WITH TIME ZONE': 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  'TIMESTAMP_NS WITH TIME ZONE': 'timestamp',
};

/** Everything that has no counters of its own (UUID, ENUM, INTERVAL, BIT, UNION, JSON) is known by its text. */
function featureType(scalar: Leaf['scalar']): FeatureType {
  return TYPE_OF[scalar.id] ?? 'string';
}
