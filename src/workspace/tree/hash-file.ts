import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemError } from '../../base/files/system-errors.ts';
import type { Digest } from '../../store/format/digest.ts';

const BLOCK = 1 << 20;

export interface HashOptions {
  readonly onBytes?: ((count: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The digest of a file of the working tree. */
export async function hashFile(root: string, path: string, options: HashOptions): Promise<Digest> {
  try {
    const file = await open(join(root, path), 'r');
    try {
      const hash = createHash('sha256');
      const block = Buffer.allocUnsafe(BLOCK);
      for (;;) {
        options.signal?.throwIfAborted();
        const { bytesRead } = await file.read(block, 0, BLOCK);
        if (bytesRead === 0) return `sha256:${hash.digest('hex')}`;
        hash.update(block.subarray(0, bytesRead));
        options.onBytes?.(bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw systemError(error, 'read', path);
  }
}
