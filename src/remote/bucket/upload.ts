import { createHash } from 'node:crypto';
import { bodyMismatch, readSlice, sliceStream } from '../file-slice.ts';
import type { Upload, UploadedPart } from './client.ts';
import { isPrecondition } from './error-classes.ts';
import { RequestFailed, type Requests } from './requests.ts';

const MIB = 1024 * 1024;
/** Larger files go in parts: packs (16–32 MiB) still take one request. */
export const MAX_SINGLE_BYTES = 32 * MIB;
const MIN_PART_BYTES = 16 * MIB;
/** S3 allows 10,000 parts an upload. */
const MAX_PARTS = 10_000;
/** Parts on their way at once; each holds one block of its file in memory. */
const AT_ONCE = 4;

export interface FileUpload {
  /** The object's name in the bucket. */
  readonly name: string;
  /** Its URL, for messages. */
  readonly where: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly ifAbsent: boolean;
}

interface Part extends Upload {
  readonly number: number;
}

/**
 * Uploads a large file in parts, each with a SHA-256 that the server verifies; the whole file's is checked here, on the same
 * bytes that the parts' digests are computed from. Parts that an interrupted upload of the same bytes left on the server are
 * not sent again. Memory: a few blocks, whatever the size.
 * @throws VarveError `digest-mismatch`, `source-changed`; RequestFailed
 */
export async function uploadInParts(requests: Requests, file: FileUpload): Promise<void> {
  const { client } = requests;
  const begun = await resumable(requests, file);
  const id = begun?.id ?? (await requests.run(() => client.startUpload(file.name)));
  try {
    const parts = await sendParts(requests, file, id, begun?.parts ?? new Map());
    await complete(requests, file, id, parts);
  } catch (error) {
    // Broken connections leave the parts for the next try; anything else makes them useless.
    const isTransient = error instanceof RequestFailed && !isPrecondition(error.fault);
    if (!isTransient) await client.abortUpload(file.name, id).catch(() => undefined);
    throw error;
  }
}

async function resumable(requests: Requests, file: FileUpload) {
  const { client } = requests;
  try {
    const [id] = await requests.run(() => client.unfinishedUploads(file.name));
    if (id === undefined) return undefined;
    const parts = await requests.run(() => client.uploadedParts(file.name, id));
    return { id, parts: new Map(parts.map((part) => [part.number, part])) };
  } catch {
    // Listing needs rights of its own, and another clone may have finished it meanwhile: begin anew.
    return undefined;
  }
}

async function sendParts(
  requests: Requests,
  file: FileUpload,
  id: string,
  there: ReadonlyMap<number, UploadedPart>,
): Promise<UploadedPart[]> {
  const done: UploadedPart[] = [];
  const running = new Set<Promise<void>>();
  const send = async (part: Part) => {
    const found = there.get(part.number);
    const isThere = found?.sha256 === part.sha256 && found.size === part.length;
    done[part.number - 1] = isThere
      ? found
      : await requests.run(() => requests.client.uploadPart(file.name, id, part.number, part));
  };
  try {
    for await (const part of partsOf(file, requests.client.maxParts ?? MAX_PARTS)) {
      const sending = send(part).finally(() => running.delete(sending));
      running.add(sending);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
    return done;
  } finally {
    await Promise.allSettled(running);
  }
}

/** Read the file once for all digests. @throws VarveError `digest-mismatch` after the last part */
async function* partsOf(file: FileUpload, maxParts: number): AsyncGenerator<Part> {
  const { path, size } = file;
  const partSize = Math.max(MIN_PART_BYTES, Math.ceil(size / maxParts / MIB) * MIB);
  const whole = createHash('sha256');
  for (let offset = 0, number = 1; offset < size; offset += partSize, number++) {
    const from = offset;
    const length = Math.min(partSize, size - from);
    const hash = createHash('sha256');
    for await (const block of readSlice(path, from, length)) {
      hash.update(block);
      whole.update(block);
    }
    yield { number, length, sha256: hash.digest('hex'), open: () => sliceStream(path, from, length) };
  }
  const actual = whole.digest('hex');
  if (actual !== file.sha256) throw bodyMismatch(file.where, file.sha256, actual);
}

async function complete(
  requests: Requests,
  file: FileUpload,
  id: string,
  parts: readonly UploadedPart[],
): Promise<void> {
  const { client } = requests;
  try {
    await requests.run(() => client.completeUpload(file.name, id, parts, file.ifAbsent));
  } catch (error) {
    // The answer to a try that succeeded may have been lost, or another clone finished the same upload.
    if (!(error instanceof RequestFailed) || error.fault.code !== 'NoSuchUpload') throw error;
    const found = await requests.run(() => client.head(file.name));
    if (found.size !== file.size) throw error;
  }
}
