import type { TopicOrigin } from '../../workspace/topic-origin.ts';
import type { AddedDataset } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { pointerHere } from './datasets/select.ts';
import { pointTo } from './datasets/write-pointer.ts';

/** Implements Backend.setTopic. */
export async function setTopic(
  { repository }: WorkingContext,
  dataset: string,
  topic: TopicOrigin,
): Promise<AddedDataset> {
  const before = pointerHere(repository.root, dataset);
  const [added] = await pointTo(repository, [{ dataset, before, pointer: { ...before, topic } }]);
  return added!;
}
