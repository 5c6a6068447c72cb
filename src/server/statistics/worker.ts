/**
 * The thread of statistics: keeps profiles, compares and validates them, and writes their reports, so that the thread that answers requests
 * does not. This file is run by a thread of its own; it reads nothing but what it is given.
 */

import { LRUCache } from 'lru-cache';
import { answerQuestions } from '../../base/threads/worker-side.ts';
import { decodeFooters } from '../../profile/footers/format.ts';
import { decodeProfile } from '../../profile/format/encode.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { GivenProfile, StatisticsAnswer, StatisticsQuestion, Task } from './questions.ts';
import { answerOfFooters, answerTask } from './tasks.ts';

/**
 * Features of all profiles that are in memory together: each has its sketches and counts, some 40 KB. A history of 50 versions that did not
 * fit would be copied and read anew by each look at it, and take as much memory then.
 */
const MAX_KNOWN_FEATURES = 1500;

const known = new LRUCache<Digest, Profile>({
  maxSize: MAX_KNOWN_FEATURES,
  sizeCalculation: ({ tables }) => {
    const features = tables.reduce((sum, table) => sum + table.features.length, 1);
    return Math.min(features, MAX_KNOWN_FEATURES);
  },
});

function profileOf({ digest, bytes }: GivenProfile): Profile | undefined {
  const found = known.get(digest);
  if (found !== undefined || bytes === undefined) return found;
  const profile = decodeProfile(bytes, 'profile of a version');
  known.set(digest, profile);
  return profile;
}

/** They are read once, by who looks at them, and so not kept. */
function answeredOfFooters(task: Task<'footers'>, { digest, bytes }: GivenProfile): StatisticsAnswer {
  if (bytes === undefined) return { missing: [digest] };
  return { done: answerOfFooters(task, decodeFooters(bytes, `statistics of ${task.name}`)) };
}

answerQuestions<StatisticsQuestion, StatisticsAnswer>(async ({ profiles, task }) => {
  if (task.kind === 'footers') return answeredOfFooters(task, profiles[0]!);
  const found = profiles.map(profileOf);
  const missing = profiles.flatMap(({ digest }, at) => (found[at] === undefined ? [digest] : []));
  return missing.length > 0 ? { missing } : { done: await answerTask(task, found as Profile[]) };
});
