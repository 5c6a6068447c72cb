/** Tells what the data of the working tree is to the version that a dataset names. Knows datasets; reads no rows. */

import type { DatasetState, DatasetStatus } from '../backend/results.ts';
import { hasData, type NamedDataset } from './resolve.ts';

/** States in which the version that the pointer names is not what lies in the working tree. */
const UNSAVED: readonly (DatasetState | undefined)[] = ['modified', 'outdated'];

/** Tell whether the working tree's data differs from the snapshot that its pointer names. */
export async function isUnsaved(dataset: NamedDataset): Promise<boolean> {
  return UNSAVED.includes((await statusOf(dataset))?.state);
}

/**
 * Tell whether all rows that a dataset means can be read where it lies, without fetching anything. Of a version of which parts alone were
 * checked out they cannot; what was edited here is meant as it lies.
 */
export async function liesHere(dataset: NamedDataset): Promise<boolean> {
  if (!hasData(dataset)) return false;
  const status = await statusOf(dataset);
  if (status === undefined || UNSAVED.includes(status.state)) return true;
  return status.state !== 'missing' && status.only === undefined;
}

/** @returns undefined for what is no version of the working tree */
async function statusOf({ context, version, part }: NamedDataset): Promise<DatasetStatus | undefined> {
  if (context === undefined || version === undefined || version.commit !== undefined || part !== undefined)
    return undefined;
  const { datasets } = await context.backend.status([`${context.repository.root}/${version.path}`]);
  return datasets.find(({ path }) => path === version.path);
}
