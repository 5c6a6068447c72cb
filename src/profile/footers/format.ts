import { isCount, isRecord } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';
import type { FooterColumn, FooterStatistics, FooterTable } from './model.ts';

/** Room for some tens of thousands of columns. */
export const MAX_FOOTERS_BYTES = 64 * 1024 * 1024;
/** Of one table. A hostile footer may name more. */
export const MAX_COLUMNS = 100_000;
export const MAX_TABLES = 1000;

/** The canonical bytes: one line of JSON, keys in the order of the model. Equal statistics have equal bytes. */
export function encodeFooters({ varveFooters, by, tables }: FooterStatistics): Uint8Array {
  const written = tables.map(({ name, files, rows, columns }) => ({
    name,
    files,
    rows,
    columns: columns.map(({ path, type, nulls, min, max }) => ({ path, type, nulls, min, max })),
  }));
  return Buffer.from(`${JSON.stringify({ varveFooters, by, tables: written })}\n`);
}

/**
 * Read what {@link encodeFooters} wrote, every field checked.
 * @param where names the bytes in messages
 * @throws VarveError `profile-damaged`, or `profile-too-new` where a later varve wrote them
 */
export function decodeFooters(bytes: Uint8Array, where: string): FooterStatistics {
  const found = parsed(bytes);
  const version = isRecord(found) ? found.varveFooters : undefined;
  if (typeof version === 'number' && version > 1) {
    throw new VarveError('profile-too-new', `${where} are of format ${version}; this varve knows format 1`, {
      path: where,
      remedy: 'Update varve.',
    });
  }
  const by = isRecord(found) ? found.by : undefined;
  const isKnown = by === undefined || by === 'table';
  if (isRecord(found) && version === 1 && isKnown && isListOf(found.tables, isTable, MAX_TABLES))
    return { varveFooters: 1, ...(by && { by }), tables: found.tables };
  throw new VarveError('profile-damaged', `${where} are not as varve writes statistics from footers`, {
    path: where,
    remedy: 'Add the data again with `--statistics footers` or `--statistics table`.',
  });
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isTable(value: unknown): value is FooterTable {
  if (!isRecord(value)) return false;
  const { name, files, rows, columns } = value;
  return (
    typeof name === 'string' && isCount(files) && isCount(rows) && isListOf(columns, isColumn, MAX_COLUMNS)
  );
}

function isColumn(value: unknown): value is FooterColumn {
  if (!isRecord(value)) return false;
  const { path, type, nulls = 0, min = '', max = '' } = value;
  const areTexts = [type, min, max].every((one) => typeof one === 'string');
  return areTexts && isCount(nulls) && isListOf(path, (one) => typeof one === 'string', 1000);
}

function isListOf<T>(
  value: unknown,
  isOne: (item: unknown) => item is T,
  most: number,
): value is readonly T[] {
  return Array.isArray(value) && value.length <= most && value.every(isOne);
}
