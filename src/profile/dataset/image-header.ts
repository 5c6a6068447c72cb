import { open } from 'node:fs/promises';
import { type Context, createContext, Script } from 'node:vm';
import type { TableFile } from './profile-files.ts';

export interface ImageHeader {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** `jpg`, `png`, `webp`, … by the bytes, whatever the name says. */
  readonly format: string;
}

const IMAGE_EXTENSION = /\.(avif|bmp|gif|heic|heif|icns|ico|j2c|jp2|jpe?g|jxl|png|psd|svg|tga|tiff?|webp)$/i;

/** Tells whether a file of this name can have an image's header. */
export function isImage(path: string): boolean {
  return IMAGE_EXTENSION.test(path);
}

/** Sizes stand within the first bytes of a file; a JPEG may have a large thumbnail before. */
const HEADER_BYTES = 512 * 1024;

/** Reads an image's header; undefined for other files and for images that say nothing readable. */
export async function readImageHeader({
  path,
  absolutePath,
  size,
}: TableFile): Promise<ImageHeader | undefined> {
  if (!isImage(path)) return undefined;
  const { imageSize } = await import('image-size');
  const file = await open(absolutePath, 'r');
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(size, HEADER_BYTES)),
      0,
      undefined,
      0,
    );
    const { width, height, type } = withinTime(() => imageSize(buffer.subarray(0, bytesRead)));
    return type === undefined || !Number.isSafeInteger(width) || !Number.isSafeInteger(height)
      ? undefined
      : { width, height, format: type };
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Milliseconds. What takes so long follows headers in a circle. */
const TIME_LIMIT = 1000;

const call = new Script('work()');
let context: (Context & { work?: () => unknown }) | undefined;

/** Runs what a file could make run for ever, for a second at most. @throws Error after that */
function withinTime<T>(work: () => T): T {
  context ??= createContext({});
  context.work = work;
  return call.runInContext(context, { timeout: TIME_LIMIT }) as T;
}
