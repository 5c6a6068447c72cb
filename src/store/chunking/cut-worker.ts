import { answerQuestions } from '../../base/threads/worker-side.ts';
import { type Block, BlockCutter, type CutBlock } from './block-cutter.ts';
import { DATA_CHUNKS } from './chunker.ts';

/** Runs on a thread of its own: cuts and hashes the blocks of one file, in the order in which they come. */
const cutter = new BlockCutter(DATA_CHUNKS);
answerQuestions((block: Block): CutBlock => cutter.cut(block), {
  transfer: ({ lengths, digests }) => [lengths.buffer as ArrayBuffer, digests.buffer as ArrayBuffer],
});
