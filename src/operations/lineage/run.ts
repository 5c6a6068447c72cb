/**
 * Lineage: what operations tell others of the data that they read and make, by events of OpenLineage. It decides nothing of the work
 * itself, and no fault of its own fails that.
 */

import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type {
  LineageDataset,
  LineageParent,
  LineageRun,
  LineageState,
} from '../../report/standards/openlineage.ts';
import { describeUrl, withoutSecrets } from '../../wording/urls.ts';
import { originUrl } from '../../workspace/git/origin.ts';
import type { Context, Watch } from '../context/context.ts';
import { contextOf } from '../datasets/resolve.ts';
import { type Destination, findDestination } from './destination.ts';

/** What a server may take to answer, and what a command waits for it in all once its own work is done. */
const MAX_WAIT_MS = 5000;

/** What a run read and made. */
export interface RunDatasets {
  readonly inputs?: readonly LineageDataset[];
  readonly outputs?: readonly LineageDataset[];
}

/** The command whose work is told of. */
export type RecordedVerb = 'add' | 'push' | 'validate' | 'drift' | 'check';

/**
 * Do work in a repository, and tell of it by the events START and COMPLETE, FAIL or ABORT where somebody wants to know. What cannot be told is
 * a warning, and takes five seconds at most.
 * @param run given a context in which nothing is told a second time
 * @param datasetsOf what the result read and made; asked only if somebody is told
 */
export function recordRun<T>(
  context: Context,
  verb: RecordedVerb,
  run: (context: Context) => Promise<T>,
  datasetsOf: (result: T) => Promise<RunDatasets>,
): Promise<T> {
  if (context.openlineage === null) return run(context);
  return record(
    context.cwd,
    context,
    context,
    verb,
    () => run({ ...context, openlineage: null }),
    datasetsOf,
  );
}

/**
 * As recordRun, of work that needs no repository.
 * @param datasetsOf also given the repository around the folder, if there is one
 */
export async function recordRunAt<T>(
  cwd: string,
  watch: Watch,
  verb: RecordedVerb,
  run: () => Promise<T>,
  datasetsOf: (result: T, context: Context | undefined) => Promise<RunDatasets>,
): Promise<T> {
  if (watch.openlineage === null) return run();
  const context = await contextOf(cwd, watch);
  return record(cwd, watch, context, verb, run, (result) => datasetsOf(result, context));
}

async function record<T>(
  cwd: string,
  { openlineage, onWarning, signal }: Watch,
  context: Context | undefined,
  verb: RecordedVerb,
  run: () => Promise<T>,
  datasetsOf: (result: T) => Promise<RunDatasets>,
): Promise<T> {
  const repository = context?.repository;
  const destination = await findDestination({ cwd, repository, openlineage, onWarning });
  if (destination === undefined) return run();
  const reporter = new Reporter(destination, runOf(verb, repository?.root ?? cwd), onWarning);
  const started = reporter.tell({ eventType: 'START' });
  try {
    const result = await run();
    reporter.endSoon();
    await started;
    await reporter.tell({ eventType: 'COMPLETE', ...(await reporter.attempt(() => datasetsOf(result))) });
    return result;
  } catch (error) {
    reporter.endSoon();
    await started;
    const message = withoutSecrets(error instanceof Error ? error.message : String(error));
    await reporter.tell({ eventType: signal?.aborted ? 'ABORT' : 'FAIL', error: message });
    throw error;
  }
}

/** Tells the states of one run to one place. */
class Reporter {
  readonly #destination: Destination;
  readonly #run: LineageRun;
  readonly #onWarning: Watch['onWarning'];
  readonly #end = new AbortController();

  constructor(destination: Destination, run: LineageRun, onWarning: Watch['onWarning']) {
    this.#destination = destination;
    this.#run = run;
    this.#onWarning = onWarning;
  }

  /** The work is done: whatever is still to tell has MAX_WAIT_MS in all. */
  endSoon(): void {
    const reason = new DOMException('The server takes too long', 'TimeoutError');
    setTimeout(() => this.#end.abort(reason), MAX_WAIT_MS).unref();
  }

  async tell(state: Omit<LineageState, 'time'>): Promise<void> {
    const time = new Date().toISOString();
    await this.attempt(async () => {
      const [{ runEvent }, { emit }] = await Promise.all([
        import('../../report/standards/openlineage.ts'),
        import('./emit.ts'),
      ]);
      const trouble = await emit(runEvent(this.#run, { ...state, time }), this.#destination, {
        signal: AbortSignal.any([this.#end.signal, AbortSignal.timeout(MAX_WAIT_MS)]),
        most: MAX_WAIT_MS,
      });
      if (trouble !== undefined) this.#onWarning?.(trouble);
    });
  }

  /** A fault in telling is told, and no more. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#onWarning?.(`The event of OpenLineage lacks its facts: ${(error as Error).message}.`);
      return undefined;
    }
  }
}

function runOf(verb: RecordedVerb, root: string): LineageRun {
  const { OPENLINEAGE_NAMESPACE, OPENLINEAGE_PARENT_ID } = process.env;
  const parent = parentOf(OPENLINEAGE_PARENT_ID);
  return {
    id: randomUUID(),
    namespace: OPENLINEAGE_NAMESPACE || 'varve',
    job: `${projectOf(root)}.${verb}`,
    ...(parent && { parent }),
  };
}

/** The name by which others know the repository, which clones share: the last step of the address of `origin`. */
function projectOf(root: string): string {
  const url = originUrl(root);
  // What follows the path may be a token.
  const origin =
    url &&
    describeUrl(url)
      .replace(/[?#].*$/s, '')
      .replace(/(\.git)?\/*$/, '');
  return basename(origin?.replaceAll(/[\\:]/g, '/') ?? root) || 'varve';
}

/** `namespace/name/run`, as dbt and Airflow hand it on. */
function parentOf(text: string | undefined): LineageParent | undefined {
  const match = /^(.+)\/([^/]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(text ?? '');
  if (match === null) return undefined;
  const [, namespace, name, runId] = match as unknown as [string, string, string, string];
  return { namespace, name, runId };
}
