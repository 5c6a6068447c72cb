import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isCount, isRecord, parseShallow } from '../../base/json.ts';
import { type Engine, openEngine } from '../../engine/duckdb.ts';
import { fileLiteral, literal } from '../../engine/quote.ts';
import { VarveError } from '../../errors.ts';
import { type DeltaFacts, MAX_STATS_CHARACTERS } from './delta-facts.ts';
import { damagedTable, type TableLocation, type TableLogFile } from './snapshot.ts';

/** Actions on files since the last checkpoint: the paths of these are held in memory. */
export const MAX_ACTIONS = 2_000_000;
/** An action with its statistics has a kilobyte or so, and the schema of a wide table some megabytes. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const MAX_CHECKPOINT_BYTES = 8 * 1024 ** 3;
/** Of a path in a checkpoint: longer ones are refused as paths. */
const MAX_PATH_CHARACTERS = 8192;
/** What the adds of one commit say of their rows, in characters: some kilobytes for each of a hundred thousand files. */
const MAX_FACTS_CHARACTERS = 256 * 1024 * 1024;

/** What the log says of a file, whichever action says it. */
export interface FileAction {
  readonly path: string;
  readonly size: number;
  /** By column; null where there is no value. */
  readonly partition: Readonly<Record<string, string | null>>;
  readonly hasVector: boolean;
  /** Undefined unless it is wanted. */
  readonly facts: DeltaFacts | undefined;
}

export interface Actions {
  readonly adds: readonly FileAction[];
  readonly removes: readonly string[];
  readonly metaData: unknown;
  readonly protocol: unknown;
}

/** Read the changes of one version. @throws VarveError `table-damaged` */
export async function readCommit(
  source: TableLocation,
  file: TableLogFile,
  wantsFacts: boolean,
): Promise<Actions> {
  const adds: FileAction[] = [];
  const removes: string[] = [];
  let metaData: unknown;
  let protocol: unknown;
  let factsRead = 0;
  for await (const line of linesOf(source, file)) {
    const action = parsed(source, file, line);
    if (isRecord(action.add)) {
      const add = fileAction(source, action.add, wantsFacts);
      factsRead += add.facts?.stats?.length ?? 0;
      if (factsRead > MAX_FACTS_CHARACTERS)
        throw damagedTable(source.url, `${file.name} says too much of the rows of its files to be kept`);
      adds.push(add);
    }
    if (isRecord(action.remove)) removes.push(String(action.remove.path));
    if (action.metaData !== undefined) metaData = action.metaData;
    if (action.protocol !== undefined) protocol = action.protocol;
    if (adds.length + removes.length > MAX_ACTIONS)
      throw damagedTable(source.url, `${file.name} has more than ${MAX_ACTIONS} changes`);
  }
  return { adds, removes, metaData, protocol };
}

function fileAction({ url }: TableLocation, add: Record<string, unknown>, wantsFacts: boolean): FileAction {
  const { path, size, partitionValues, deletionVector, stats } = add;
  if (typeof path !== 'string' || path.length > MAX_PATH_CHARACTERS || !isCount(size))
    throw damagedTable(url, `its log adds a file without a path or a size`);
  const values = Object.entries(isRecord(partitionValues) ? partitionValues : {}).map(
    ([name, value]) => [name, value === null ? null : String(value)] as const,
  );
  const partition = Object.fromEntries(values);
  const isKept = typeof stats === 'string' && stats.length <= MAX_STATS_CHARACTERS;
  return {
    path,
    size,
    partition,
    facts: wantsFacts ? { stats: isKept ? stats : undefined, partition } : undefined,
    hasVector: deletionVector !== undefined && deletionVector !== null,
  };
}

async function* linesOf(source: TableLocation, file: TableLogFile): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of file.read()) {
    source.signal?.throwIfAborted();
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      const line = Buffer.concat([...held, piece.subarray(from, end)]).toString();
      held = [];
      size = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    held.push(piece.subarray(from));
    size += piece.length - from;
    if (size > MAX_LINE_BYTES)
      throw damagedTable(source.url, `${file.name} has a line of more than ${MAX_LINE_BYTES} bytes`);
  }
  const last = Buffer.concat(held).toString();
  if (last.trim() !== '') yield last;
}

function parsed(
  { url }: TableLocation,
  { name }: Pick<TableLogFile, 'name'>,
  line: string,
): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseShallow(line);
  } catch (error) {
    if (error instanceof RangeError) throw damagedTable(url, `${name}: ${error.message}`, error);
  }
  if (isRecord(value)) return value;
  throw damagedTable(url, `a line of ${name} is no action`);
}

/** A line of a checkpoint: a file that the version has, or what the log says of the whole table. */
export interface CheckpointAction extends Pick<Actions, 'metaData' | 'protocol'> {
  readonly add: FileAction | undefined;
}

/** Read what a checkpoint says. @throws VarveError `table-damaged` */
export async function* readCheckpoint(
  source: TableLocation,
  file: TableLogFile,
  wantsFacts: boolean,
): AsyncGenerator<CheckpointAction> {
  const { url, scratch, signal } = source;
  if (file.size > MAX_CHECKPOINT_BYTES) throw damagedTable(url, `${file.name} has ${file.size} bytes`);
  const path = join(scratch, 'checkpoint.parquet');
  await pipeline(file.read(), createWriteStream(path));
  const engine = await openEngine([path], { ...(signal && { signal }), threads: 1 });
  try {
    const lines = await open(await checkpointLines(engine, path, wantsFacts));
    try {
      for await (const line of lines.readLines())
        yield checkpointAction(source, parsed(source, file, line), wantsFacts);
    } finally {
      await lines.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof VarveError) throw error;
    throw damagedTable(url, `${file.name}: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    engine.close();
  }
}

/** Write what counts of a checkpoint as lines of JSON, since it may be larger than memory. @returns the path of the file */
async function checkpointLines(engine: Engine, path: string, wantsFacts: boolean): Promise<string> {
  const lines = join(engine.folder, 'actions.jsonl');
  const relation = `read_parquet(${fileLiteral(path)})`;
  const columns = await engine.describe(relation);
  const has = (column: string, field: string): boolean =>
    columns.some(({ name, type }) => name === column && new RegExp(`\\b${field}\\b`).test(type.text));
  const vector = has('add', 'deletionVector') ? 'add.deletionVector' : 'NULL';
  const stats = [
    ...(has('add', 'stats') ? ['add.stats'] : []),
    ...(has('add', 'stats_parsed') ? ['to_json(add.stats_parsed)::VARCHAR'] : []),
  ].join(', ');
  const facts = wantsFacts && stats !== '' ? `coalesce(${stats})` : 'NULL';
  const features = has('protocol', 'readerFeatures') ? 'protocol.readerFeatures' : 'NULL';
  await engine.query(
    `COPY (SELECT "left"(add.path, ${MAX_PATH_CHARACTERS}) AS path, add.size AS size,
        CASE WHEN length(${facts}) <= ${MAX_STATS_CHARACTERS} THEN ${facts} END AS stats,
        add.partitionValues AS "partitionValues", ${vector} IS NOT NULL AS "hasVector",
        metaData.schemaString AS "schemaString", metaData.configuration AS configuration,
        metaData.partitionColumns AS "partitionColumns",
        protocol.minReaderVersion AS "minReaderVersion", ${features} AS "readerFeatures"
      FROM ${relation} WHERE add.path IS NOT NULL OR metaData.id IS NOT NULL OR protocol.minReaderVersion IS NOT NULL)
    TO ${literal(lines)} (FORMAT json)`,
  );
  return lines;
}

function checkpointAction(
  source: TableLocation,
  row: Record<string, unknown>,
  wantsFacts: boolean,
): CheckpointAction {
  const { path, hasVector, schemaString, configuration, partitionColumns, minReaderVersion, readerFeatures } =
    row;
  const isFile = typeof path === 'string';
  return {
    add: isFile
      ? fileAction(source, { ...row, deletionVector: hasVector === true ? hasVector : null }, wantsFacts)
      : undefined,
    metaData:
      typeof schemaString === 'string' ? { schemaString, configuration, partitionColumns } : undefined,
    protocol: typeof minReaderVersion === 'number' ? { minReaderVersion, readerFeatures } : undefined,
  };
}
