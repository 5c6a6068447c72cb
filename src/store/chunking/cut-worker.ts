import { parentPort } from 'node:worker_threads';
import { type Block, BlockCutter } from './block-cutter.ts';
import { DATA_CHUNKS } from './chunker.ts';

/** Runs on a thread of its own: cuts and hashes the blocks of one file, in the order in which they come. */
const cutter = new BlockCutter(DATA_CHUNKS);
parentPort!.on('message', (block: Block) => {
  const cut = cutter.cut(block);
  parentPort!.postMessage(cut, [cut.lengths.buffer as ArrayBuffer, cut.digests.buffer as ArrayBuffer]);
});
