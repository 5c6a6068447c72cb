import { answerQuestions } from '../../base/threads/worker-side.ts';
import { readSmallFiles } from './small-files.ts';

/** This file is run by a thread of its own, which reads and hashes small files, group by group in the order in which they come. */
answerQuestions(readSmallFiles, {
  transfer: ({ lengths, digests }) => [lengths.buffer as ArrayBuffer, digests.buffer as ArrayBuffer],
});
