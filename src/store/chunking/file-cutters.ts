import { Thread } from '../../base/threads/worker-threads.ts';
import { type Block, BlockCutter, type Cut, type CutBlock } from './block-cutter.ts';

/** Cuts the blocks of one file in their order, here or on another thread. */
export interface FileCutter {
  cut(block: Block): Promise<CutBlock>;
  close(): Promise<void>;
}

/** Starting a thread pays for files of so many bytes. */
const MIN_THREADED_BYTES = 32 * 1024 * 1024;

/** Choose who cuts a file: this thread or another. @param size of the file, in bytes */
export function cutterFor(size: number, how: Cut): FileCutter {
  if (size < MIN_THREADED_BYTES) {
    const cutter = new BlockCutter(how);
    return { cut: async (block) => cutter.cut(block), close: async () => undefined };
  }
  const thread = new Thread<Block, CutBlock>('cut-worker', how);
  // The block's buffer is shared with the thread, not copied, and may be used again once this resolves.
  return { cut: (block) => thread.ask(block), close: () => thread.close() };
}
