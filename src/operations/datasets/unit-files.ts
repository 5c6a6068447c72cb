import { open, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import type { BytesBetween } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import type { SizedFile } from '../../profile/parts/plan.ts';
import { processReader } from '../../profile/reading/process-reader.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { FileInPlace, FileReader, OpenedFile, RangedFile } from '../backend/file-reader.ts';
import type { SnapshotFile } from '../backend/results.ts';
import { liesHere } from './data-here.ts';
import { findFiles } from './files.ts';
import type { NamedDataset } from './resolve.ts';
import { withShownColumns } from './shown-columns.ts';

/** The files of a dataset by their names and sizes, none of which is read before somebody asks for it. */
export interface UnitFiles {
  readonly kind: 'file' | 'directory';
  readonly files: readonly SizedFile[];
  /** Whether their version says which columns they show, so that equal bytes of another one may show others. */
  readonly areShownByVersion: boolean;
  /**
   * Make one a file for as long as `work` lasts, verified where it is of a version. Only the bytes of its footer and of the row groups of
   * the range need be there.
   */
  withFile<T>(
    file: SizedFile,
    range: BytesBetween | undefined,
    work: (file: DataFile) => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

/** List the files of a dataset: those that lie there if all of them do, or those of the version that it names. Close it. */
export async function openUnitFiles(dataset: NamedDataset): Promise<UnitFiles> {
  return (await liesHere(dataset)) ? filesHere(dataset) : filesOfVersion(dataset);
}

async function filesHere(dataset: NamedDataset): Promise<UnitFiles> {
  const { kind, files: found } = findFiles(dataset);
  const files = await withShownColumns(dataset, found);
  const byPath = new Map(files.map((file) => [file.path, file]));
  return {
    kind,
    files: files.map(({ path, size }) => ({ path, size })),
    areShownByVersion: files.some(({ columns }) => columns !== undefined),
    async withFile({ path }, _, work) {
      const { hash, ...file } = byPath.get(path)!;
      return work({ ...file, digest: kind === 'file' ? '' : await hash() });
    },
    close: () => Promise.resolve(),
  };
}

async function filesOfVersion(dataset: NamedDataset): Promise<UnitFiles> {
  const { context, version, part, name } = dataset;
  const { backend } = context!;
  const [shown] = await withShownColumns<Pick<DataFile, 'columns'>>(dataset, [{}]);
  const listed = new Map<string, SnapshotFile>();
  for await (const file of backend.listFiles(version!)) {
    if (file.path.endsWith('/')) continue;
    if (part !== undefined && !isWithin(file.path, part.path)) continue;
    const path =
      part === undefined ? file.path : file.path.slice(part.path.length + 1) || basename(part.path);
    listed.set(path, file);
  }
  if (part !== undefined && listed.size === 0) throw noSuchFile(version!, part.path);
  const isFile = version!.kind === 'file' || [...listed.values()][0]?.path === part?.path;
  // Of a folder in place the digests of files are wanted, which nobody knows before a file was read to its end.
  const isWhole = version!.source !== undefined && !isFile;
  const files = [...listed].map(([path, { size }]) => ({
    path,
    size: size ?? noSize(name),
    ...(isWhole && { isWhole }),
  }));
  const opened = new OpenedFiles(await backend.openFiles());
  return {
    kind: isFile ? 'file' : 'directory',
    files,
    areShownByVersion: shown?.columns !== undefined,
    async withFile({ path, size }, range, work) {
      const file = listed.get(path)!;
      const known = { path, size, ...shown };
      const inPlace = await opened.reader.openInPlace?.(version!, file);
      if (inPlace !== undefined && (range === undefined || !isFile))
        return opened.withCopy(path, inPlace, (absolutePath, digest) =>
          work({ ...known, digest: isFile ? '' : digest, absolutePath }),
        );
      const found = inPlace ?? (await opened.reader.open(version!, file));
      const digest = isFile ? '' : file.digest!;
      return opened.withPlace(found, known, range, (absolutePath) =>
        work({ ...known, digest, absolutePath }),
      );
    },
    close: () => opened.close(),
  };
}

function noSize(name: string): never {
  throw new VarveError('dvc-unsupported', `${name}: DVC does not say how large the files of a version are`, {
    path: name,
    remedy: 'Check this version out, and make parts of the data that lies there.',
  });
}

/** Verified bytes as files, in a folder of their own where they are none yet. */
class OpenedFiles {
  readonly reader: FileReader;
  /** The last copy, which the next unit may be of too. */
  #copy: Copy | undefined;
  readonly #folder = makeTemporaryFolder('rows');
  readonly #unfinished = removeAtExit(this.#folder);
  #made = 0;

  constructor(reader: FileReader) {
    this.reader = reader;
  }

  async withPlace<T>(
    opened: OpenedFile,
    file: SizedFile,
    range: BytesBetween | undefined,
    work: (absolutePath: string) => Promise<T>,
  ): Promise<T> {
    if ('path' in opened) return work(opened.path);
    const place = join(this.#folder, `${this.#made++}`);
    try {
      if ('bytes' in opened) await writeFile(place, opened.bytes);
      else await writeRange(opened, place, file, range);
      return await work(place);
    } finally {
      await rm(place, { force: true });
    }
  }

  async withCopy<T>(
    path: string,
    file: FileInPlace,
    work: (absolutePath: string, digest: string) => Promise<T>,
  ): Promise<T> {
    // It is kept by whoever works on it, so that nobody else takes it away meanwhile.
    const copy = this.#copy?.path === path ? this.#copy : await this.#copyOf(path, file);
    if (copy === this.#copy) this.#copy = undefined;
    try {
      return await work(copy.place, copy.digest);
    } finally {
      if (this.#copy !== undefined) await rm(this.#copy.place, { force: true });
      this.#copy = copy;
    }
  }

  async #copyOf(path: string, file: FileInPlace): Promise<Copy> {
    const place = join(this.#folder, `${this.#made++}`);
    try {
      return { path, place, digest: await file.copyTo(place) };
    } catch (error) {
      await rm(place, { force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.reader.close();
    await rm(this.#folder, { recursive: true, force: true });
    this.#unfinished.isFinished();
  }
}

/** A file in place as it was read. */
interface Copy {
  readonly path: string;
  /** Absolute. */
  readonly place: string;
  readonly digest: string;
}

/** Bytes that are read at once. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** The end of a Parquet file: the length of its footer, and the mark behind that. */
const TAIL_BYTES = 8;

/** Write a file of the right size that has the bytes of the range at their places, and nothing elsewhere. */
export async function writeRange(
  opened: RangedFile,
  place: string,
  { path, size }: SizedFile,
  range: BytesBetween | undefined,
): Promise<void> {
  const file = await open(place, 'wx');
  const copy = async ({ start, end }: BytesBetween) => {
    for (let at = start; at < end; at += PIECE_BYTES) {
      const piece = await opened.read(at, Math.min(PIECE_BYTES, end - at));
      await file.write(piece, 0, piece.length, at);
    }
  };
  try {
    await file.truncate(size);
    if (range === undefined) return await copy({ start: 0, end: size });
    const tail = Buffer.from(await opened.read(size - TAIL_BYTES, TAIL_BYTES));
    await copy({ start: Math.max(0, size - TAIL_BYTES - tail.readUInt32LE(0)), end: size });
    await copy({ start: 0, end: TAIL_BYTES });
    for (const bytes of await processReader.bytesOfRange(
      { path, absolutePath: place, size, range },
      undefined,
    ))
      await copy(bytes);
  } finally {
    await file.close();
  }
}
