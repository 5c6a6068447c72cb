import { parentPort } from 'node:worker_threads';
import { SmallFileWriter, type WriteGroup } from './small-file-writer.ts';

/** Runs on a thread of its own: writes small files, group by group in the order in which they come. */
const writer = new SmallFileWriter();
parentPort!.on('message', (group: WriteGroup) => parentPort!.postMessage(writer.write(group)));
