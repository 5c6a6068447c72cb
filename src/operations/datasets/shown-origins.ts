import { withoutSecrets } from '../../wording/urls.ts';
import type { Origins } from '../backend/results.ts';

/** Origins that were compared, as they may be shown: two that differ in a secret alone are two all the same. */
export function shownOrigins({ before, after }: Origins): Origins {
  return { before: before && withoutSecrets(before), after: after && withoutSecrets(after) };
}
