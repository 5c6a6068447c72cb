import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { stateFolder } from '../../base/files/user-folders.ts';
import { VarveError } from '../../errors.ts';
import { DEFAULT_WINDOW, parseWindowLimit } from '../../operations/inference/window-limit.ts';
import { withoutRevision } from '../../report/ci/findings.ts';
import { namedArgument } from '../named-argument.ts';
import { Budget } from './budget.ts';
import { ObservedDataset } from './observed-dataset.ts';
import { WindowThread } from './window-thread.ts';

export interface ObserveOptions {
  /** Datasets that requests are held against, each `[NAME=]DATASET`, where the dataset may be `PATH@REV`. None unless given. */
  readonly observe?: readonly string[] | undefined;
  /** Rows of a window, such as `10000`, or its minutes, such as `15m`. 10,000 rows unless given. */
  readonly window?: string | undefined;
  /** The environment of the schemas in which requests are. */
  readonly environment?: string | undefined;
  /** Folder for windows and what was counted. One of this user's own unless given. */
  readonly state?: string | undefined;
}

/** The datasets that are observed, by their names. */
export interface ObservedDatasets {
  readonly all: readonly ObservedDataset[];
  readonly budget: Budget;
  /** @throws VarveError `dataset-missing` */
  named(name: string): ObservedDataset;
  close(): Promise<void>;
}

/**
 * Go on with the windows of each dataset.
 * @param onFailure hears of what fails while nobody waits for it
 * @throws VarveError `usage`, and as ObservedDataset.open
 */
export async function openObserved(
  options: ObserveOptions,
  base: string,
  onFailure: (message: string, error: unknown) => void,
): Promise<ObservedDatasets> {
  const window = parseWindowLimit(options.window ?? DEFAULT_WINDOW);
  const folder =
    options.state === undefined ? join(stateFolder(), 'serve', hashOf(base)) : resolve(base, options.state);
  const budget = new Budget();
  const byName = new Map<string, ObservedDataset>();
  const thread = new WindowThread();
  const close = async () => {
    await Promise.all([...[...byName.values()].map((one) => one.close()), thread.close()]);
  };
  try {
    for (const argument of options.observe ?? []) {
      const { name, against } = namedDataset(argument);
      if (byName.has(name)) throw namedTwice(name);
      byName.set(
        name,
        await ObservedDataset.open({
          ...{ name, against, cwd: base, window, budget, thread, onFailure },
          environment: options.environment,
          folder: join(folder, `${name.replaceAll(/[^\w.-]+/g, '_').slice(0, 60)}-${hashOf(name)}`),
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { all: [...byName.values()], budget, named: (name) => found(byName, name), close };
}

function namedDataset(argument: string): { name: string; against: string } {
  const { name, rest: against } = namedArgument(argument);
  return { name: name ?? withoutRevision(against), against };
}

function found(byName: ReadonlyMap<string, ObservedDataset>, name: string): ObservedDataset {
  const observed = byName.get(name);
  if (observed !== undefined) return observed;
  throw new VarveError('dataset-missing', `No dataset is observed as ${name.slice(0, 200)}`, {
    path: name.slice(0, 200),
    remedy: 'Name it when the server is started: `varve serve --observe DATASET`.',
  });
}

function namedTwice(name: string): VarveError {
  return new VarveError('usage', `Two datasets would be observed as ${name}`, {
    path: name,
    remedy: 'Give one of them another name: `--observe NAME=DATASET`.',
  });
}

/** Hash text, to tell folders apart whose names came out equal. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
