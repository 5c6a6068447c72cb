import type { OnProgress } from '../progress.ts';
import { type DvcRepository, openDvcRepository } from './repository.ts';
import { WorkerPool } from './worker-pool.ts';

/** Where DVC's data is worked on, and how that is watched and stopped. */
export interface DvcContext {
  readonly repository: DvcRepository;
  /** Absolute; relative paths of the user are relative to it. */
  readonly cwd: string;
  readonly pool: WorkerPool;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface DvcContextOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `work` in the DVC repository that holds `cwd`; its worker threads end with it. */
export async function inDvcRepository<T>(
  cwd: string,
  options: DvcContextOptions,
  work: (context: DvcContext) => Promise<T>,
): Promise<T> {
  const { onProgress, signal } = options;
  const pool = new WorkerPool();
  try {
    const repository = await openDvcRepository(cwd);
    return await work({
      repository,
      cwd,
      pool,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
  } finally {
    await pool.close();
  }
}
