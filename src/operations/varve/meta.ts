import { changedMeta, type Meta } from '../../workspace/meta.ts';
import { writePointer } from '../../workspace/pointer.ts';
import type { WorkingContext } from '../context/context.ts';
import { pointerHere } from './datasets/select.ts';

/** Implements Backend.setMeta. */
export function setMeta(
  context: WorkingContext,
  dataset: string,
  changes: Readonly<Record<string, string | null>>,
): Meta {
  const { root } = context.repository;
  const { meta: before, ...facts } = pointerHere(root, dataset);
  const meta = changedMeta(before, changes, dataset);
  writePointer(root, dataset, { ...facts, ...(meta && { meta }) });
  return meta ?? {};
}
