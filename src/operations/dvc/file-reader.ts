import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { objectKey } from '../../dvc/format/object-id.ts';
import type { OutputFile } from '../../dvc/objects/cache.ts';
import { noSuchFile } from '../backend/errors.ts';
import { type FileReader, MAX_BYTES_IN_MEMORY, type OpenedFile } from '../backend/file-reader.ts';
import type { SnapshotFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import { bring } from './bring.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { filesOfVersion } from './read-files.ts';

/** Implements Backend.openFiles. */
export function openFiles(context: DvcPlace): FileReader {
  return new CachedObjects(context);
}

/** Objects in the cache of DVC, each verified once: where they lie they are read-only, and named by their digest. */
class CachedObjects implements FileReader {
  readonly #context: DvcPlace;
  /** By the digest of a version. */
  readonly #lists = new Map<string, ReadonlyMap<string, OutputFile>>();
  readonly #verified = new Map<string, Promise<void>>();

  constructor(context: DvcPlace) {
    this.#context = context;
  }

  async open(version: DatasetVersion, { path }: SnapshotFile): Promise<OpenedFile> {
    const inside = version.kind === 'directory' ? path : '';
    const file = (await this.#listOf(version)).get(inside);
    if (file === undefined) throw noSuchFile(version, path);
    const place = join(this.#context.repository.config.cacheDir, objectKey(file.id));
    await this.#verify(version, file, place);
    const { size } = await stat(place);
    return size > MAX_BYTES_IN_MEMORY ? { path: place } : { bytes: await readFile(place) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #listOf(version: DatasetVersion): Promise<ReadonlyMap<string, OutputFile>> {
    const known = this.#lists.get(version.name);
    if (known !== undefined) return known;
    const files = await filesOfVersion(this.#context, version);
    const list = new Map(files.map((file) => [file.path, file]));
    this.#lists.set(version.name, list);
    return list;
  }

  async #verify(version: DatasetVersion, { path, id }: OutputFile, place: string): Promise<void> {
    const verified =
      this.#verified.get(place) ??
      bring(this.#context, { version, part: path || undefined }).then(() =>
        inDvc(this.#context, async ({ pool }) => {
          await pool.run({ kind: 'verify', id, path: place });
        }),
      );
    this.#verified.set(place, verified);
    try {
      await verified;
    } catch (error) {
      this.#verified.delete(place);
      throw error;
    }
  }
}
