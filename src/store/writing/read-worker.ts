import { parentPort } from 'node:worker_threads';
import { type FileToRead, readSmallFiles } from './small-files.ts';

/** Runs on a thread of its own: reads and hashes small files, group by group in the order in which they come. */
parentPort!.on('message', (files: readonly FileToRead[]) => {
  const read = readSmallFiles(files);
  parentPort!.postMessage(read, [
    read.bytes.buffer as ArrayBuffer,
    read.lengths.buffer as ArrayBuffer,
    read.digests.buffer as ArrayBuffer,
  ]);
});
