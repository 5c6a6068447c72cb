/** Where operations work and how they are watched. It names a backend and knows no more of it. */

import type { OnProgress } from '../../progress.ts';
import type { Repository } from '../../workspace/repository.ts';
import type { Backend } from '../backend/backend.ts';

/** Options to watch and to stop an operation. */
export interface Watch {
  readonly onProgress?: OnProgress | undefined;
  /** Told what whoever waits should know beside the result; perhaps more than once. */
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether statistics that this clone lacks are missing, rather than fetched from the remote. */
  readonly offline?: boolean | undefined;
  /**
   * Who is told by events of OpenLineage what adding, pushing, validating and comparing reads and makes: an address or a file. Unless it is
   * set, that is said by OPENLINEAGE_URL, else by the settings. Null for nobody.
   */
  readonly openlineage?: string | null | undefined;
}

/** A repository, and where in it somebody stands. */
export interface WorkingContext<R extends Repository = Repository> extends Watch {
  readonly repository: R;
  /** Absolute; relative paths of the user are relative to it. */
  readonly cwd: string;
}

/** Where an operation works, and what looks after the data there. */
export interface Context extends WorkingContext {
  readonly backend: Backend;
}

/** Pick the options of a watch that are set, for rooms whose options know no undefined. */
export function watching({ onProgress, onWarning, signal }: Watch): {
  readonly onProgress?: OnProgress;
  readonly onWarning?: (text: string) => void;
  readonly signal?: AbortSignal;
} {
  return { ...(onProgress && { onProgress }), ...(onWarning && { onWarning }), ...(signal && { signal }) };
}
