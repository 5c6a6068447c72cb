import { open, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import type { BytesBetween } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import type { SizedFile } from '../../profile/parts/plan.ts';
import { processReader } from '../../profile/reading/process-reader.ts';
import { hashFound, pathOfFile } from '../../workspace/tree/data-state.ts';
import { dataKind, type ScannedFile, scanDataset } from '../../workspace/tree/scan.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { FileReader, OpenedFile, RangedFile } from '../backend/file-reader.ts';
import type { SnapshotFile } from '../backend/results.ts';
import { noMatch } from './glob.ts';
import { hasData, type NamedDataset } from './resolve.ts';

/** The files of a dataset by their names and sizes, none of which is read before somebody asks for it. */
export interface UnitFiles {
  readonly kind: 'file' | 'directory';
  readonly files: readonly SizedFile[];
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

/** List the files of a dataset: those that lie there, or those of the version that it names. Close it. */
export function openUnitFiles(dataset: NamedDataset): Promise<UnitFiles> {
  return hasData(dataset) ? Promise.resolve(filesHere(dataset)) : filesOfVersion(dataset);
}

interface Here extends SizedFile {
  readonly root: string;
  readonly name: string;
  readonly found: ScannedFile;
}

function filesHere({ absolutePath, glob, watch: { signal }, name }: NamedDataset): UnitFiles {
  const root = dirname(absolutePath!);
  const isFolder = glob !== undefined || dataKind(root, basename(absolutePath!)) === 'directory';
  const files =
    glob === undefined
      ? scanned(root, basename(absolutePath!))
      : glob.files().flatMap((path) => scanned(glob.folder, path).map((file) => ({ ...file, path })));
  if (files.length === 0 && glob !== undefined) throw noMatch(name);
  const byPath = new Map(files.map((file) => [file.path, file]));
  return {
    kind: isFolder ? 'directory' : 'file',
    files: files.map(({ path, size }) => ({ path, size })),
    async withFile({ path, size }, _, work) {
      const { root, name, found } = byPath.get(path)!;
      const digest = isFolder ? await hashFound(root, name, found, { signal }) : '';
      if (digest === undefined) throw changed(path);
      return work({ path, size, digest, absolutePath: join(root, pathOfFile(name, found.path)) });
    },
    close: () => Promise.resolve(),
  };
}

function scanned(root: string, name: string): Here[] {
  return [...scanDataset(root, name)]
    .filter(({ path }) => !path.endsWith('/'))
    .map((found) => ({
      root,
      name,
      found,
      size: found.size,
      path: found.path === '' ? basename(name) : found.path,
    }));
}

function changed(path: string): VarveError {
  return new VarveError('path-missing', `${path} is gone`, {
    remedy: 'Make all parts again, while nobody changes the data.',
    path,
  });
}

async function filesOfVersion({ context, version, part, name }: NamedDataset): Promise<UnitFiles> {
  const { backend } = context!;
  const listed = new Map<string, SnapshotFile>();
  const list = async () => {
    for await (const file of backend.listFiles(version!)) {
      if (file.path.endsWith('/')) continue;
      if (part !== undefined && !isWithin(file.path, part.path)) continue;
      const path =
        part === undefined ? file.path : file.path.slice(part.path.length + 1) || basename(part.path);
      listed.set(path, file);
    }
  };
  await list();
  if (part !== undefined && listed.size === 0) throw noSuchFile(version!, part.path);
  const isFile = version!.kind === 'file' || [...listed.values()][0]?.path === part?.path;
  const files = [...listed].map(([path, { size }]) => ({ path, size: size ?? noSize(name) }));
  const opened = new OpenedFiles(await backend.openFiles());
  return {
    kind: isFile ? 'file' : 'directory',
    files,
    async withFile({ path, size }, range, work) {
      if (listed.get(path)!.digest === undefined) {
        // It lies in a bucket, and nobody has read it: its digest is known once it is brought.
        await backend.bring(version!, version!.kind === 'file' ? undefined : listed.get(path)!.path);
        await list();
      }
      const file = listed.get(path)!;
      const digest = isFile ? '' : file.digest!;
      return opened.withPlace(
        await opened.reader.open(version!, file),
        { path, size },
        range,
        (absolutePath) => work({ path, size, digest, absolutePath }),
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

  async close(): Promise<void> {
    await this.reader.close();
    await rm(this.#folder, { recursive: true, force: true });
    this.#unfinished.isFinished();
  }
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
