import { VarveError } from '../errors.ts';
import { type Meta, withoutSecretsIn } from '../workspace/meta.ts';
import type { Context } from './context/context.ts';
import { wholeVersion } from './open-version.ts';

export interface MetaResult {
  /** The dataset, from the root. */
  readonly path: string;
  /** All that is said of it. */
  readonly meta: Meta;
}

/**
 * Say something of a dataset, and return all that is said. Its data need not be here, and stays the same.
 * @param changes a value by its key; null says nothing any more. None: only what is said is told
 * @throws VarveError `dataset-missing`, `meta-invalid`, `dvc-unsupported`
 */
export async function meta(
  context: Context,
  dataset: string,
  changes: Readonly<Record<string, string | null>> = {},
): Promise<MetaResult> {
  const version = await wholeVersion(context, dataset);
  if (Object.keys(changes).length === 0)
    return { path: version.path, meta: withoutSecretsIn(version.meta ?? {}) };
  if (version.commit !== undefined) {
    throw new VarveError('dataset-missing', `${dataset} is a version of a commit, which stays as it is`, {
      path: dataset,
      remedy: `Say it of ${version.path}: its next commit has it.`,
    });
  }
  const meta = await context.backend.setMeta(version.path, changes);
  return { path: version.path, meta: withoutSecretsIn(meta) };
}
