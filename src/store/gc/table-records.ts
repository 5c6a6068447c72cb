import { askAgain } from '../../base/ask-again.ts';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { isStoreKey, TABLE_RECORD_KEY, WHOLE_OBJECT_KEY } from '../../remote/store-layout.ts';
import { hexDigestOf } from '../format/digest.ts';

/** The whole objects that the versions of an exported table name. They stay as long as the table does, whatever becomes of its commits. */
export interface TableRecord {
  /** Folder of the table, from that of the store: a key without what follows it. */
  readonly table: string;
  /** Keys of whole objects. */
  readonly keys: readonly string[];
}

export interface StoredTableRecord extends TableRecord {
  readonly key: string;
  /** In ms, by the clock of the store. */
  readonly modified: number;
}

const VERSION = 1;
const MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** Record what a table is about to name, so that no gc removes it. @returns the key of the record */
export async function writeTableRecord(remote: Remote, { table, keys }: TableRecord): Promise<string> {
  const record = { version: VERSION, table, keys: [...new Set(keys)].sort() };
  const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
  const sha256 = hexDigestOf(bytes);
  const key = `exports/${sha256}.json`;
  await remote.write(key, bytes, { sha256, overwrite: true });
  return key;
}

/** Read all records. @throws VarveError `table-record-damaged`, since a gc that does not understand one must stop */
export async function readTableRecords(remote: Remote): Promise<StoredTableRecord[]> {
  const records: StoredTableRecord[] = [];
  for await (const info of remote.list('exports/'))
    if (TABLE_RECORD_KEY.test(info.key)) records.push(await readRecord(remote, info));
  return records;
}

async function readRecord(remote: Remote, { key, size, modified }: ObjectInfo): Promise<StoredTableRecord> {
  if (size > MAX_RECORD_BYTES) throw recordDamaged(key, `it has ${size} bytes`);
  const record = await askAgain(async () => parseTableRecord(await remote.read(key), key));
  return { ...record, key, modified: modified.getTime() };
}

/** @throws VarveError `table-record-damaged` */
export function parseTableRecord(bytes: Uint8Array, key: string): TableRecord {
  if (hexDigestOf(bytes) !== TABLE_RECORD_KEY.exec(key)?.[1])
    throw recordDamaged(key, 'its bytes do not match its name');
  try {
    const { version, table, keys } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<
      string,
      unknown
    >;
    if (version === VERSION && typeof table === 'string' && Array.isArray(keys) && keys.every(isWholeObject))
      return { table, keys };
  } catch {
    // Said below, whatever it was.
  }
  throw recordDamaged(key, 'it is no list of the objects of a table');
}

/** Remove records of which another one, of the same table, says as much and more. A damaged one stays, for a gc to tell of. */
export async function dropReplacedRecords(remote: Remote, table: string): Promise<void> {
  const own: StoredTableRecord[] = [];
  for await (const info of remote.list('exports/')) {
    const record = TABLE_RECORD_KEY.test(info.key)
      ? await unlessDamaged(() => readRecord(remote, info))
      : undefined;
    if (record?.table === table) own.push(record);
  }
  const replaced = own.filter((record) =>
    own.some((other) => other.keys.length > record.keys.length && holds(other, record)),
  );
  if (replaced.length > 0) await remote.remove(replaced.map(({ key }) => key));
}

/** Another export may have removed it by now. */
async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const isUnreadable =
      error instanceof VarveError &&
      /^(table-record-damaged|object-missing|object-truncated)$/.test(error.code);
    if (!isUnreadable) throw error;
    return undefined;
  }
}

/**
 * Find the records of tables that are not there any more.
 * @param young records modified later than this, in ms by the clock of the store, may be of a table that is being written
 */
export async function abandonedRecords(
  remote: Remote,
  records: readonly StoredTableRecord[],
  young: number,
): Promise<StoredTableRecord[]> {
  const abandoned: StoredTableRecord[] = [];
  for (const record of records)
    if (record.modified <= young && !(await isThere(remote, record.table))) abandoned.push(record);
  return abandoned;
}

async function isThere(remote: Remote, table: string): Promise<boolean> {
  for await (const _file of remote.list(`${table}/`)) return true;
  return false;
}

function holds(other: TableRecord, { keys }: TableRecord): boolean {
  const all = new Set(other.keys);
  return keys.every((key) => all.has(key));
}

function isWholeObject(key: unknown): key is string {
  return typeof key === 'string' && WHOLE_OBJECT_KEY.test(key) && isStoreKey(key);
}

function recordDamaged(key: string, what: string): VarveError {
  return new VarveError('table-record-damaged', `${key} is damaged: ${what}`, {
    path: key,
    remedy:
      'Export every table of this remote again, which records anew what each of them names; then remove this file there, and run the same command again.',
  });
}
