/**
 * The room of the engine: one private DuckDB that reads tables of named files and nothing else. It knows files, SQL and
 * memory; it knows no profile, no schema and no repository.
 */

import { rmSync } from 'node:fs';
import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBMaterializedResult,
  DuckDBResult,
  DuckDBResultReader,
  DuckDBValue,
} from '@duckdb/node-api';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import { VarveError } from '../errors.ts';
import { type Bindings, RawChunk } from './chunks/raw-chunk.ts';
import { releaseEngineMemory } from './collect.ts';
import { BinaryFault, binaryFault, type Said } from './formats/binary-fault.ts';
import { textFault } from './formats/text/text-fault.ts';
import { filePattern, literal } from './quote.ts';
import { placeIn, type SourceFile, shownPath } from './source-file.ts';
import { type EngineColumn, plainType } from './types.ts';

export interface EngineOptions {
  /** Threads of DuckDB. Default 4, at most what the machine has. */
  readonly threads?: number;
  /** DuckDB's own limit, such as `512MB`; beyond it, it spills to a private folder. */
  readonly memory?: string;
  /** Keep rows in the order of the files, at the cost of speed and memory. */
  readonly ordered?: boolean;
  /** Interrupts the running query and every later one. */
  readonly signal?: AbortSignal;
}

/**
 * One private, in-memory DuckDB. It can read `readable` files and nothing else: no network, no other file, no extension
 * that is not built in, and its settings are locked.
 */
export interface Engine {
  /** Runs one statement and gives its result column by column. */
  query(sql: string): Promise<readonly (readonly DuckDBValue[])[]>;
  /** Runs one query and shows its result chunk by chunk, as it lies in memory. A chunk is gone after its visit. */
  scan(sql: string, visit: (chunk: RawChunk) => void): Promise<void>;
  /** Runs queries whose results each fit into memory, one ahead of the one that is shown chunk by chunk. */
  scanPortions(queries: readonly string[], visit: (chunk: RawChunk) => void): Promise<void>;
  /** The names and types of a relation's columns. */
  describe(relation: string): Promise<readonly EngineColumn[]>;
  /** How many queries can run at once. */
  readonly connections: number;
  /** A folder of its own, which it can read too. It goes when the engine is closed. */
  readonly folder: string;
  /** A connection for appenders and functions alone: on one of those for queries, another's transaction might take back what they append. */
  readonly connection: DuckDBConnection;
  /** Frees memory and removes the private folder, once queries that still run have been interrupted. */
  close(): void;
}

const DEFAULT_MEMORY = '512MB';
const DEFAULT_THREADS = 4;

/** Opens an engine that can read exactly `readable` (absolute paths). Close it in a `finally`. */
export async function openEngine(readable: readonly string[], options: EngineOptions = {}): Promise<Engine> {
  options.signal?.throwIfAborted();
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const { default: bindings } = await import('@duckdb/node-bindings');
  const folder = makeTemporaryFolder('engine');
  const left = removeAtExit(folder);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const forget = () => {
    removeFolder();
    left.isFinished();
  };
  try {
    const instance = await DuckDBInstance.create(':memory:', await settings(folder, options));
    const first = await instance.connect();
    await harden(first, readable, folder);
    const connections = [first, await instance.connect()];
    const appending = await instance.connect();
    return engineOver(instance, { connections, appending }, bindings, options.signal, {
      folder,
      removeFolder,
      forget,
    });
  } catch (error) {
    forget();
    throw error;
  }
}

async function settings(folder: string, options: EngineOptions): Promise<Record<string, string>> {
  const { availableParallelism } = await import('node:os');
  return {
    threads: String(options.threads ?? Math.min(DEFAULT_THREADS, availableParallelism())),
    memory_limit: options.memory ?? DEFAULT_MEMORY,
    temp_directory: folder,
    preserve_insertion_order: String(options.ordered ?? false),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
  };
}

async function harden(
  connection: DuckDBConnection,
  readable: readonly string[],
  folder: string,
): Promise<void> {
  await connection.run("SET TimeZone = 'UTC'");
  // The patterns too: DuckDB asks for leave to look a pattern up before it asks for that of the file it finds.
  const paths = new Set(readable.flatMap((path) => [path, filePattern(path)]));
  await connection.run(`SET allowed_paths = [${[...paths].map(literal).join(', ')}]`);
  await connection.run(`SET allowed_directories = [${literal(folder)}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

function engineOver(
  instance: DuckDBInstance,
  { connections, appending }: { connections: readonly DuckDBConnection[]; appending: DuckDBConnection },
  bindings: Bindings,
  signal: AbortSignal | undefined,
  { folder, removeFolder, forget }: { folder: string; removeFolder(): void; forget(): void },
): Engine {
  const idle = [...connections];
  const waiting: ((connection: DuckDBConnection) => void)[] = [];
  const take = () => {
    const free = idle.pop();
    return free === undefined
      ? new Promise<DuckDBConnection>((resolve) => waiting.push(resolve))
      : Promise.resolve(free);
  };
  const giveBack = (connection: DuckDBConnection) => {
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else next(connection);
  };
  const interrupt = () => {
    for (const connection of [...connections, appending]) connection.interrupt();
  };
  signal?.addEventListener('abort', interrupt, { once: true });

  let running = 0;
  let closed = false;
  const shut = () => {
    for (const connection of [...connections, appending]) connection.closeSync();
    instance.closeSync();
    forget();
  };

  const withConnection = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    running++;
    try {
      const connection = await take();
      try {
        signal?.throwIfAborted();
        if (closed) throw new Error('the engine is closed');
        return await work(connection);
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        giveBack(connection);
      }
    } finally {
      running--;
      if (closed && running === 0) shut();
    }
  };

  return {
    connections: connections.length,
    folder,
    connection: appending,
    query: (sql) => withConnection(async (connection) => columnsOf(await connection.runAndReadAll(sql))),
    scan: (sql, visit) => withConnection((connection) => scan(connection, bindings, sql, visit, signal)),
    scanPortions: (queries, visit) =>
      withConnection((connection) => scanPortions(connection, bindings, queries, visit, signal)),
    describe: (relation) =>
      withConnection(async (connection) => {
        const prepared = await connection.run(`SELECT * FROM ${relation} LIMIT 0`);
        const types = prepared.columnTypes();
        return prepared.columnNames().map((name, index) => ({ name, type: plainType(types[index]!) }));
      }),
    close: () => {
      signal?.removeEventListener('abort', interrupt);
      closed = true;
      // DuckDB crashes where a connection is closed while it works, as it may where one of several queries failed.
      if (running === 0) return shut();
      interrupt();
      removeFolder();
    },
  };
}

/**
 * Streams a query. DuckDB ends a failed or interrupted stream like a finished one; but inside a transaction a failed
 * query poisons the next statement, so `SELECT 1` tells the two apart. The query is then run once more, since only that
 * says what the error was.
 */
async function scan(
  connection: DuckDBConnection,
  bindings: Bindings,
  sql: string,
  visit: (chunk: RawChunk) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  await connection.run('BEGIN');
  let whole = false;
  try {
    await visitChunks(await connection.stream(sql), (chunk) => {
      signal?.throwIfAborted();
      visit(new RawChunk(chunk, bindings));
    });
    whole = await connection.run('SELECT 1').then(
      () => true,
      () => false,
    );
  } finally {
    await connection.run('ROLLBACK');
  }
  signal?.throwIfAborted();
  if (whole) return;
  // Meets the same error once more, and says what it is.
  await connection.run(`SELECT count(COLUMNS(*)) FROM (${sql})`);
  // It did not, as where memory was short for a moment: such a reading may be tried again.
  throw new VarveError('reader-crashed', 'The engine stopped in the middle of its reading', {
    remedy: 'Try again; where memory is short, end other programs.',
  });
}

/**
 * Runs queries as results, not as streams: a chunk that is fetched from a stream costs two wake-ups of threads, which is
 * more than most visits take; a chunk of a result costs none.
 */
async function scanPortions(
  connection: DuckDBConnection,
  bindings: Bindings,
  queries: readonly string[],
  visit: (chunk: RawChunk) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ahead = queries.values();
  const run = async (): Promise<DuckDBMaterializedResult | undefined> => {
    const { value } = ahead.next();
    return value === undefined ? undefined : connection.run(value);
  };
  await oneAhead(run, async (result) => {
    for (let index = 0; index < result.chunkCount; index++) {
      signal?.throwIfAborted();
      visit(new RawChunk(result.getChunk(index), bindings));
    }
    // One result of a small table is soon garbage with all else.
    if (queries.length > 1) await releaseEngineMemory();
  });
}

function visitChunks(result: DuckDBResult, visit: (chunk: DuckDBDataChunk) => void): Promise<void> {
  const fetch = async (): Promise<DuckDBDataChunk | undefined> => {
    const chunk = await result.fetchChunk();
    return chunk === null || chunk.rowCount === 0 ? undefined : chunk;
  };
  return oneAhead(fetch, visit);
}

/** Visits what `fetch` gives until there is no more. The engine makes the next item while one is visited. */
async function oneAhead<T>(
  fetch: () => Promise<T | undefined>,
  visit: (item: T) => void | Promise<void>,
): Promise<void> {
  for (let next = fetch(); ; ) {
    const item = await next;
    if (item === undefined) return;
    next = fetch();
    // A failure is met when its turn comes; until then it must not count as unhandled.
    next.catch(() => undefined);
    try {
      await visit(item);
    } catch (error) {
      await next.catch(() => undefined);
      throw error;
    }
  }
}

/** Gives the columns of a result; DuckDB gives none at all if there are no rows. */
function columnsOf(result: DuckDBResultReader): readonly (readonly DuckDBValue[])[] {
  return result.currentRowCount === 0 ? result.columnNames().map(() => []) : result.getColumns();
}

/** The form in which DuckDB begins what it says of data: `Invalid Input Error: `. */
const ENGINE_ERROR = /^[A-Z]\w*( \w+)* Error: /;
/** Where DuckDB says that JSON is wrong: it counts one line too many, or one value. */
const JSON_PLACE = /^Malformed JSON in file ".*", at byte \d+ in (?:line|record\/value) \d+: /;
/** The kinds of error that DuckDB states of a query: of those that varve makes, it is the names or types of columns that it cannot take. */
const QUERY_ERROR = /^(Binder|Catalog|Parser|Syntax|Permission) Error: /;

/** Tells whether DuckDB refuses a query before it has read a row. */
export function isQueryError(text: string): boolean {
  return QUERY_ERROR.test(text);
}

/** DuckDB's words where a query names a column, a struct, or a field of one that there is not. */
const LACKED =
  /^Binder Error: (?:Referenced column "(.*)" not found in FROM clause|Referenced table "(.*)" not found|Could not find key "(.*)" in struct)/s;

/** Tell which column, or field of a struct, a query names that there is not; undefined if DuckDB says something else. */
export function lackedColumn(text: string): string | undefined {
  const [, column, struct, field] = LACKED.exec(text) ?? [];
  return column ?? struct ?? field;
}

/** Tells whether DuckDB, or varve itself, has met something in data that cannot be read. */
export function isReadError(error: unknown): error is Error {
  if (error instanceof BinaryFault) return true;
  if (!(error instanceof Error) || error instanceof VarveError) return false;
  return isOutOfMemory(error.message) || ENGINE_ERROR.test(error.message);
}

/**
 * DuckDB's words where its own limit is met, or the system's: the bindings have no words for the latter in the midst of a query, and the
 * appender leaves their kind away. The last are V8's, of what is decoded here.
 */
const OUT_OF_MEMORY =
  /^Out of Memory Error|^Failed to query$|^(failed to|could not) allocate |^Array buffer allocation failed$/i;

export function isOutOfMemory(text: string): boolean {
  return OUT_OF_MEMORY.test(text);
}

/** What is wrong with a file, by what DuckDB or another library says; undefined where their words are plain. */
function faultOf({ absolutePath, path }: SourceFile, text: string, said: string): Said | undefined {
  // The name of a file may hold any of the words.
  const words = text.replaceAll(filePattern(absolutePath), '').replaceAll(absolutePath, '');
  const known = textFault(words);
  if (known !== undefined) return known;
  if (!isQueryError(text)) return binaryFault(path, words);
  return {
    reason: `its columns cannot be asked for: ${said}`,
    remedy:
      'Give its columns other names or plainer types. If they are plain, please report it with what VARVE_DEBUG=1 prints.',
  };
}

/** Tells whether the system refused to read a file, which says nothing of what is in it. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Makes an error of DuckDB one about the file that was being read.
 * @param line the line at fault, if known
 */
export function readError(error: unknown, file: SourceFile, line?: number): VarveError {
  const path = shownPath(file);
  const text = error instanceof Error ? error.message : String(error);
  if (isOutOfMemory(text)) {
    return new VarveError('engine-memory', `${path} needs more memory than the engine may have`, {
      remedy:
        'Give it more, for example by `--memory 2GB`: add, profile, schema, validate and drift take that.',
      path,
      cause: error,
    });
  }
  const said = text
    .split('\n')[0]!
    .replace(ENGINE_ERROR, '')
    .replace(JSON_PLACE, 'Malformed JSON: ')
    .replaceAll(filePattern(file.absolutePath), path)
    .replaceAll(file.absolutePath, path)
    .replace(/\.? *(Try auto-detecting.*)?$/, '');
  const isOurs = error instanceof BinaryFault || isOfSystem(error);
  const fault = isOurs ? undefined : faultOf(file, text, said);
  return new VarveError(
    'table-unreadable',
    `${placeIn(file, line ?? fault?.line)}: ${fault?.reason ?? said}`,
    {
      remedy:
        error instanceof BinaryFault
          ? error.remedy
          : (fault?.remedy ?? 'Check that the file is whole and of the format that its name says.'),
      path,
      cause: error,
    },
  );
}
