import type { OnProgress } from '../../progress.ts';
import { WorkerPool } from '../objects/worker-pool.ts';
import type { DvcRepository } from './repository.ts';

/** The place where DVC's data is worked on, and how that is watched and stopped. */
export interface DvcContext {
  readonly repository: DvcRepository;
  /** Absolute; relative paths of the user are relative to it. */
  readonly cwd: string;
  readonly pool: WorkerPool;
  readonly onProgress?: OnProgress;
  readonly onWarning?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Run `work` with worker threads, which start when they are needed and end with it. */
export async function withWorkers<T>(
  where: Omit<DvcContext, 'pool'>,
  work: (context: DvcContext) => Promise<T>,
): Promise<T> {
  const pool = new WorkerPool();
  try {
    return await work({ ...where, pool });
  } finally {
    await pool.close();
  }
}
