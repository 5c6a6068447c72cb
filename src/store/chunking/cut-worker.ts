import { workerData } from 'node:worker_threads';
import { answerQuestions } from '../../base/threads/worker-side.ts';
import { type Block, BlockCutter, type Cut, type CutBlock } from './block-cutter.ts';

/** Runs on a thread of its own: cuts and hashes the blocks of one file, in the order in which they come. */
const cutter = new BlockCutter(workerData as Cut);
answerQuestions((block: Block): CutBlock => cutter.cut(block), {
  transfer: ({ lengths, digests }) => [lengths.buffer as ArrayBuffer, digests.buffer as ArrayBuffer],
});
