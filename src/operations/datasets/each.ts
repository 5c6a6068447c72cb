import { type ErrorCode, VarveError } from '../../errors.ts';
import type { DatasetProblem } from '../backend/results.ts';

interface Each<T> {
  readonly done: T[];
  readonly problems: DatasetProblem[];
}

/**
 * Do work on each dataset by itself, so that one odd thing in one of them does not stop it on all others. What was odd is listed.
 * @param stops codes of what concerns all of them, or the user's own words
 * @throws VarveError what the first of them met, if none could be worked on, with what the others met in its details; and what `stops`
 */
export async function eachDataset<D extends { readonly path: string }, T>(
  datasets: readonly D[],
  work: (dataset: D) => T | Promise<T>,
  stops: readonly ErrorCode[] = [],
): Promise<Each<T>> {
  const { done, errors } = await attemptEach(datasets, work, stops);
  const [first, ...others] = errors;
  if (first !== undefined && done.length === 0) throw withOthers(first, others);
  return { done, problems: errors.map(problemOf) };
}

const MAX_TOLD = 20;

/** The first error as it was thrown, or one that tells of the others too. What concerns many datasets alike is said once. */
function withOthers({ error }: Odd, others: readonly Odd[]): VarveError {
  const said = new Set(
    others
      .filter((one) => one.error.message !== error.message)
      .map((one) => lineOf(one) + (one.error.remedy === error.remedy ? '' : `. ${one.error.remedy}`)),
  );
  if (said.size === 0) return error;
  const { code, message, path, remedy, details } = error;
  const more = said.size > MAX_TOLD ? [`… and ${said.size - MAX_TOLD} more`] : [];
  return new VarveError(code, message, {
    ...(path !== undefined && { path }),
    ...{ remedy, details: [...details, ...[...said].slice(0, MAX_TOLD), ...more], cause: error },
  });
}

function lineOf({ path, error: { message } }: Odd): string {
  return message.includes(path) ? message : `${path}: ${message}`;
}

/** Do as eachDataset where nothing may fail, as in a hook: all of them may be odd. */
export async function eachDatasetQuietly<D extends { readonly path: string }, T>(
  datasets: readonly D[],
  work: (dataset: D) => T | Promise<T>,
): Promise<Each<T>> {
  const { done, errors } = await attemptEach(datasets, work, []);
  return { done, problems: errors.map(problemOf) };
}

/** Somebody at the terminal may be asked for consent, once for all. */
const ALWAYS: readonly ErrorCode[] = ['settings-untrusted'];

interface Odd {
  readonly path: string;
  readonly error: VarveError;
}

async function attemptEach<D extends { readonly path: string }, T>(
  datasets: readonly D[],
  work: (dataset: D) => T | Promise<T>,
  stops: readonly ErrorCode[],
): Promise<{ readonly done: T[]; readonly errors: readonly Odd[] }> {
  const done: T[] = [];
  const errors: Odd[] = [];
  for (const dataset of datasets) {
    try {
      done.push(await work(dataset));
    } catch (error) {
      if (!(error instanceof VarveError) || [...ALWAYS, ...stops].includes(error.code)) throw error;
      errors.push({ path: dataset.path, error });
    }
  }
  return { done, errors };
}

/** What was odd of a dataset, as a result lists it. */
export function problemOf({ path, error: { code, message, remedy } }: Odd): DatasetProblem {
  return { path, code, message, remedy };
}

/** The field of a result; absent where all went well. */
export function problemsField(problems: readonly DatasetProblem[]): {
  readonly problems?: readonly DatasetProblem[];
} {
  return problems.length === 0 ? {} : { problems };
}
