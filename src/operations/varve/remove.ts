import { join } from 'node:path';
import { removeFile } from '../../base/files/remove-file.ts';
import { VarveError } from '../../errors.ts';
import { applyRemoval } from '../../workspace/checkout/apply.ts';
import { type CheckoutPlan, planRemoval } from '../../workspace/checkout/plan.ts';
import { isCommitted } from '../../workspace/git/committed.ts';
import { unignoreDataset } from '../../workspace/git/gitignore.ts';
import { formatPointer, pointerPath, readPointer } from '../../workspace/pointer.ts';
import { pathOfFile } from '../../workspace/tree/data-state.ts';
import { dataKind, refuseLinksAbove } from '../../workspace/tree/scan.ts';
import { forgetStatCache, readStatCache } from '../../workspace/tree/stat-cache.ts';
import type { RemovedDataset, RemoveOptions, RemoveResult } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { refuseUncommittedSchemas, schemasBeside } from '../datasets/schemas-beside.ts';
import { namedWhole } from './datasets/named-whole.ts';
import { datasetStatus } from './status.ts';

/** Implements Backend.remove. Nothing is touched before it is known that all can go. */
export async function remove(
  context: WorkingContext,
  paths: readonly string[],
  options: RemoveOptions,
): Promise<RemoveResult> {
  const { root } = context.repository;
  const datasets = [...new Set(paths.map((path) => namedWhole(context, path, 'removed')))];
  const plans = new Map<string, CheckoutPlan>();
  for (const dataset of datasets) {
    refuseLinksAbove(root, dataset);
    if (!options.force) refuseUncommittedSchemas(root, dataset);
    if (options.data) plans.set(dataset, await planSavedRemoval(context, dataset, options.force ?? false));
  }
  context.signal?.throwIfAborted();
  const removed: RemovedDataset[] = [];
  for (const dataset of datasets) removed.push(await removeOne(context, dataset, plans.get(dataset)));
  return { datasets: removed };
}

/** @throws VarveError `changes-unsaved` for data that no commit could bring back */
async function planSavedRemoval(
  context: WorkingContext,
  dataset: string,
  force: boolean,
): Promise<CheckoutPlan> {
  const { repository, signal } = context;
  const { root } = repository;
  if (!force) {
    const pointer = readPointer(root, dataset);
    if (!isCommitted(root, pointerPath(dataset), formatPointer(pointer))) throw uncommitted(dataset);
    const { state } = await datasetStatus(context, { path: dataset, pointer });
    if (state === 'modified') throw unsaved(dataset);
  }
  const plan = await planRemoval(root, dataset, readStatCache(repository, dataset), { force, signal });
  if (plan.kept.length > 0) throw unsaved(pathOfFile(dataset, plan.kept[0]!));
  return plan;
}

/** The pointer goes last, so that whoever is interrupted can run the command again. */
async function removeOne(
  context: WorkingContext,
  dataset: string,
  plan: CheckoutPlan | undefined,
): Promise<RemovedDataset> {
  const { repository, signal } = context;
  const { root } = repository;
  if (plan !== undefined) await applyRemoval(root, dataset, plan, signal);
  const schemas = schemasBeside(root, dataset);
  for (const schema of schemas) removeFile(join(root, schema), schema);
  forgetStatCache(repository, dataset);
  unignoreDataset(root, dataset);
  removeFile(join(root, pointerPath(dataset)), pointerPath(dataset));
  return { path: dataset, hasData: dataKind(root, dataset) !== undefined, schemas };
}

/** What a dataset of no version holds. */
function uncommitted(dataset: string): VarveError {
  return new VarveError('changes-unsaved', `No commit has ${pointerPath(dataset)} as it lies here`, {
    path: dataset,
    remedy: 'Commit it, so that the data can be brought back, or give the data up with `--force`.',
  });
}

function unsaved(path: string): VarveError {
  return new VarveError('changes-unsaved', `${path} would be removed, and nobody saved it`, {
    path,
    remedy: 'Save it by `varve add` and commit its pointer, move it away, or give it up by `--force`.',
  });
}
