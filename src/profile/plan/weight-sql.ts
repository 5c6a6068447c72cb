import type { Leaf } from './leaves.ts';

/** How weights are summed for one type: SQL expressions over a value `v` that is not null. */
export interface WeightSql {
  /** From the leaf's own expression to the `v` that is weighed. */
  readonly value: (expression: string) => string;
  /** The value's text, which `canonicalText` finishes; of texts and bytes, which can be long, they themselves. */
  readonly text: string;
  /** The bits of the value as a binary64, for buckets; numbers only. */
  readonly bits?: string;
}

const asIs = (expression: string) => expression;

export function weightSqlOf(leaf: Leaf): WeightSql {
  switch (leaf.type) {
    case 'integer':
    case 'decimal':
      return { value: asIs, text: 'v::VARCHAR', bits: 'v::DOUBLE::BIT::UBIGINT' };
    case 'float':
      return { value: (e) => `CAST(${e} AS DOUBLE)`, text: floatText(leaf), bits: bitsOf('v') };
    case 'date':
    case 'timestamp':
      return { value: asIs, text: 'v::VARCHAR' };
    case 'time':
      return { value: leaf.scalar.id === 'TIME_NS' ? asIs : (e) => `CAST(${e} AS TIME)`, text: 'v::VARCHAR' };
    case 'boolean':
      return { value: asIs, text: 'v::VARCHAR' };
    case 'bytes':
      return { value: asIs, text: 'v' };
    default:
      return {
        value: leaf.scalar.id === 'VARCHAR' ? asIs : (e) => `CAST(${e} AS VARCHAR)`,
        text: 'v',
      };
  }
}

/** Bits as a number, with one zero and one NaN. */
function bitsOf(v: string): string {
  return `CASE WHEN ${v} = 0 THEN 0::UBIGINT WHEN isnan(${v}) THEN 9221120237041090560::UBIGINT ELSE ${v}::BIT::UBIGINT END`;
}

/** The shortest text that reads back as the same 32-bit float is shorter than that of its double. */
function floatText(leaf: Leaf): string {
  return leaf.scalar.id === 'FLOAT' ? 'v::FLOAT::VARCHAR' : 'v::VARCHAR';
}
