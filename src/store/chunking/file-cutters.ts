import { Thread } from '../../base/worker-threads.ts';
import { type Block, BlockCutter, type CutBlock } from './block-cutter.ts';
import { DATA_CHUNKS } from './chunker.ts';

/** Cuts the blocks of one file in their order, here or on another thread. */
export interface FileCutter {
  cut(block: Block): Promise<CutBlock>;
  close(): Promise<void>;
}

/** From this size of a file on, starting a thread pays. */
const SMALLEST_THREADED = 32 * 1024 * 1024;

export function cutterFor(size: number): FileCutter {
  if (size < SMALLEST_THREADED) {
    const cutter = new BlockCutter(DATA_CHUNKS);
    return { cut: async (block) => cutter.cut(block), close: async () => undefined };
  }
  const thread = new Thread<Block, CutBlock>('cut-worker');
  // The block's buffer is shared with the thread, not copied, and may be used again once this resolves.
  return { cut: (block) => thread.ask(block), close: () => thread.close() };
}
