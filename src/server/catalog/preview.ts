import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LRUCache } from 'lru-cache';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { Turns } from '../../base/threads/turns.ts';
import type { RowsHead } from '../../engine/check-rows.ts';
import { extensionsOf, type Format, formatOf } from '../../engine/formats/format.ts';
import type { SourceFile } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';
import type { ReadableDataset, ReadableFile } from '../../operations/backend/version-reader.ts';
import { processReader } from '../../profile/reading/process-reader.ts';
import { type ImageType, imageTypeOf } from './image-type.ts';

/** What people see of a file before they take it. */
export type Preview =
  | { readonly kind: 'table'; readonly head: RowsHead; readonly isPart: boolean }
  | { readonly kind: 'text'; readonly text: string; readonly isPart: boolean }
  | { readonly kind: 'image'; readonly type: ImageType }
  | { readonly kind: 'none'; readonly reason: string };

/** A file of a version. */
export interface PreviewedFile {
  readonly dataset: ReadableDataset;
  readonly file: ReadableFile;
}

const ROWS = 20;
/** So much of the beginning of a file is looked at. */
const HEAD_BYTES = 256 * 1024;
const MAX_TEXT_BYTES = 32 * 1024;
/** Formats of which no beginning can be read by itself: a larger file is not shown. */
const MAX_WHOLE_BYTES = 32 * 1024 * 1024;
/** A larger image is not sent where nobody asked for it by name. */
export const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
/** Each takes a process that may have half a gigabyte. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 32;
const TURNS = new Turns(MAX_AT_ONCE, MAX_WAITING);
const MAX_MS = 20_000;
const MAX_KNOWN = 200;

/** Formats of which a part that ends with a line can be read. */
const BY_LINES: readonly (Format | undefined)[] = ['csv', 'tsv', 'jsonl'];

/** Previews of files. Rows are read where nothing that a file does can reach this process. */
export class Previews {
  readonly #known = new LRUCache<string, Preview, PreviewedFile>({
    max: MAX_KNOWN,
    fetchMethod: (_, __, { context }) => previewOf(context),
  });

  async of(of: PreviewedFile): Promise<Preview> {
    const { digest, path } = of.file;
    // One file may show other columns in the next version of its table.
    const version = of.dataset.columns === undefined ? '' : of.dataset.content;
    if (digest === undefined) return { kind: 'none', reason: 'nobody has read its bytes yet' };
    return (await this.#known.fetch(`${digest}${version}${extensionsOf(path)}`, { context: of }))!;
  }
}

async function previewOf(of: PreviewedFile): Promise<Preview> {
  const { size, path } = of.file;
  if (size === 0) return { kind: 'none', reason: 'it is empty' };
  const start = await bytesOf(of, Math.min(size, HEAD_BYTES));
  const type = imageTypeOf(start);
  if (type !== undefined)
    return size <= MAX_IMAGE_BYTES
      ? { kind: 'image', type }
      : { kind: 'none', reason: 'the image is large: download it' };
  const table = formatOf(path) === undefined ? undefined : await tableOf(of, start);
  return table ?? textOf(start, size) ?? { kind: 'none', reason: 'it is neither a table, an image nor text' };
}

async function bytesOf({ dataset, file }: PreviewedFile, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of dataset.read(file, { offset: 0, length }, PIECE_BYTES)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The first rows; undefined if the file cannot be read as a table. */
async function tableOf(of: PreviewedFile, start: Buffer): Promise<Preview | undefined> {
  const { file, dataset } = of;
  const isWhole = file.size === start.length;
  const isByLines = BY_LINES.includes(formatOf(file.path)) && !/\.(gz|zst)$/i.test(file.path);
  const lines = start.subarray(0, start.lastIndexOf('\n') + 1);
  const part = isWhole ? start : isByLines && lines.length > 0 ? lines : undefined;
  if (part === undefined && file.size > MAX_WHOLE_BYTES)
    return { kind: 'none', reason: 'it is too large to be shown in part: download it' };
  return TURNS.run(async () => {
    const folder = makeTemporaryFolder('rows');
    try {
      const absolutePath = join(folder, `file${extensionsOf(file.path)}`);
      const bytes = part === undefined ? dataset.read(file, undefined, PIECE_BYTES) : [part];
      await pipeline(Readable.from(bytes), createWriteStream(absolutePath));
      const columns = await dataset.shownColumns?.();
      const head = await headOf({ path: file.path, absolutePath, ...(columns && { columns }) });
      return { kind: 'table', head, isPart: !isWhole };
    } catch (error) {
      // What is no table after all may be text.
      if (error instanceof VarveError) return undefined;
      if (error instanceof DOMException) return { kind: 'none', reason: 'reading it took too long' };
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

async function headOf(file: SourceFile): Promise<RowsHead> {
  const group = { files: [file], constants: [] };
  const rows = await processReader.openRows([group], { threads: 1, signal: AbortSignal.timeout(MAX_MS) });
  try {
    return await rows.head(ROWS);
  } finally {
    rows.close();
  }
}

/** The beginning as text, where all of it is UTF-8 and of printable characters. */
function textOf(start: Buffer, size: number): Preview | undefined {
  const part = start.subarray(0, MAX_TEXT_BYTES);
  const isPart = part.length < size;
  try {
    // The end of a part may be within a character.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(part, { stream: isPart });
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : { kind: 'text', text, isPart };
  } catch {
    return undefined;
  }
}
