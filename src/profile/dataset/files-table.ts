import { POSITION_COLUMN, type RowTable, rowTable } from '../../engine/check-rows.ts';
import { openAppender } from '../../engine/chunks/append.ts';
import { CHUNK_ROWS } from '../../engine/chunks/chunk.ts';
import { type Value, ValueChunk } from '../../engine/chunks/value-chunk.ts';
import { type Engine, type EngineOptions, openEngine } from '../../engine/duckdb.ts';
import { identifier } from '../../engine/quote.ts';
import type { EngineColumn } from '../../engine/types.ts';
import { type Counter, ONCE_EACH } from '../counters/counter.ts';
import type { TableProfile } from '../model/model.ts';
import { FILES_TABLE } from '../model/tables.ts';
import { columnReaderOf } from '../plan/column-reader.ts';
import { leavesOf } from '../plan/leaves.ts';
import type { DataReader } from '../reading/reader.ts';
import type { ImageHeader } from './image-header.ts';
import type { DataFile } from './profile-files.ts';
import { featureOf, presenceOfScalar } from './profile-table.ts';

const FILE_COLUMNS: readonly EngineColumn[] = [
  ...['path', 'folder', 'extension'].map((name) => scalarColumn(name, 'VARCHAR')),
  scalarColumn('size', 'BIGINT'),
  scalarColumn('digest', 'VARCHAR'),
  scalarColumn('duplicate', 'BOOLEAN'),
];
const IMAGE_COLUMNS: readonly EngineColumn[] = [
  ...['width', 'height'].map((name) => scalarColumn(name, 'BIGINT')),
  scalarColumn('format', 'VARCHAR'),
];

function scalarColumn(name: string, id: string): EngineColumn {
  return { name, type: { kind: 'scalar', id, text: id, width: 0, scale: 0 } };
}

/**
 * The table of a dataset's files: a row a file. `duplicate` is true if an earlier path has the same bytes; `folder` is its
 * folder, which image datasets label by. With images among the files, their width, height and format. The rows are at hand,
 * so no engine is started for them.
 */
export async function profileOfFiles(
  files: readonly DataFile[],
  reader: Pick<DataReader, 'imageHeaders'>,
  { signal }: Pick<EngineOptions, 'signal'>,
): Promise<TableProfile> {
  const table = await tableOf(files, reader, signal);
  const leaves = leavesOf(table.columns);
  const counters = leaves.map((leaf) => columnReaderOf(leaf, true).counter());
  const scan = async (wanted: readonly Counter[]): Promise<void> => {
    for (const rows of table.parts()) {
      signal?.throwIfAborted();
      const chunk = new ValueChunk(rows);
      for (const one of wanted) one.add(chunk, counters.indexOf(one), ONCE_EACH);
      // Others have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await scan(counters);
  const again = counters.filter((one) => one.startSecondPass());
  if (again.length > 0) await scan(again);
  const features = leaves.map((leaf, column) => {
    const counts = counters[column]!.result();
    return featureOf(leaf, presenceOfScalar(files.length, counts), counts);
  });
  return { name: FILES_TABLE, rows: files.length, features };
}

/** Opens the rows of the table of files, in the order of `files`. */
export async function openFileRows(
  files: readonly DataFile[],
  reader: Pick<DataReader, 'imageHeaders'>,
  options: EngineOptions,
): Promise<RowTable> {
  const engine = await openFiles(files, reader, { ...options, ordered: true });
  await engine.query(
    `CREATE VIEW numbered AS SELECT row_number() OVER () AS ${POSITION_COLUMN}, * FROM ${FILES_RELATION}`,
  );
  return rowTable(engine, 'numbered', options.signal);
}

const FILES_RELATION = 'files';

/** Opens an engine that holds the table of files. */
async function openFiles(
  files: readonly DataFile[],
  reader: Pick<DataReader, 'imageHeaders'>,
  options: EngineOptions,
): Promise<Engine> {
  const { columns, parts } = await tableOf(files, reader, options.signal);
  const engine = await openEngine([], options);
  try {
    const typed = columns.map(({ name, type }) => `${identifier(name)} ${type.text}`);
    await engine.query(`CREATE TABLE ${FILES_RELATION} (${typed.join(', ')})`);
    const appender = await openAppender(engine, FILES_RELATION);
    const integers = columns.map(({ type }) => type.text === 'BIGINT');
    for (const rows of parts()) {
      appender.append(rows.length, (row, column) => {
        const value = rows[row]![column]!;
        return integers[column] && value !== null ? BigInt(value) : value;
      });
    }
    appender.close();
    return engine;
  } catch (error) {
    engine.close();
    throw error;
  }
}

interface FilesTable {
  readonly columns: readonly EngineColumn[];
  /** The rows from the first, some at a time: those of a million files take more memory than the files do. */
  readonly parts: () => Iterable<readonly (readonly Value[])[]>;
}

async function tableOf(
  files: readonly DataFile[],
  reader: Pick<DataReader, 'imageHeaders'>,
  signal: AbortSignal | undefined,
): Promise<FilesTable> {
  const headers = await reader.imageHeaders(files, signal);
  const hasImages = headers.some((header) => header !== undefined);
  return {
    columns: hasImages ? [...FILE_COLUMNS, ...IMAGE_COLUMNS] : FILE_COLUMNS,
    *parts() {
      const isDuplicate = repeats();
      for (let start = 0; start < files.length; start += CHUNK_ROWS) {
        yield files
          .slice(start, start + CHUNK_ROWS)
          .map((file, index) => rowOf(file, isDuplicate(file.digest), headers[start + index]));
      }
    },
  };
}

/** Tells of each text whether it came before. */
function repeats(): (text: string) => boolean {
  const seen = new Set<string>();
  return (text) => {
    const before = seen.size;
    return seen.add(text).size === before;
  };
}

/** Makes a row in the order of the columns; leaves out those of images if there is none. */
function rowOf(file: DataFile, duplicate: boolean, header: ImageHeader | undefined): Value[] {
  const slash = file.path.lastIndexOf('/');
  const name = file.path.slice(slash + 1);
  const dot = name.lastIndexOf('.');
  const folder = slash < 0 ? '' : file.path.slice(0, slash);
  const extension = dot <= 0 ? null : name.slice(dot + 1).toLowerCase();
  const image = header === undefined ? [null, null, null] : [header.width, header.height, header.format];
  return [file.path, folder, extension, file.size, file.digest, duplicate, ...image];
}
