import { workerData } from 'node:worker_threads';

/** Whether the work at hand is not wanted any more: asked on a thread that worker-threads.ts started, between two pieces of its work. */
export function isStopped(): boolean {
  return workerData instanceof Int32Array && Atomics.load(workerData, 0) !== 0;
}
