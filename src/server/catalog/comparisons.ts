import { LRUCache } from 'lru-cache';
import { compareProfiles } from '../../drift/compare.ts';
import type { ComparedStep } from '../../drift/history.ts';
import { driftSettingsOf } from '../../operations/drift.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Profiles } from './profiles.ts';
import type { SchemaAt } from './schemas.ts';

/** Features of all comparisons that are remembered together; about 500 bytes each. */
const MAX_KNOWN_FEATURES = 100_000;

/** Two versions whose statistics can be compared. */
export interface ComparedPair {
  readonly before: Digest;
  readonly after: Digest;
  /** Says what of a change counts. */
  readonly schema: SchemaAt | undefined;
}

/** Comparisons of profiles, each made once: the same two profiles under the same schema are the same for ever. */
export class Comparisons {
  readonly #known: LRUCache<string, ComparedStep, ComparedPair>;

  constructor(profiles: Profiles) {
    this.#known = new LRUCache<string, ComparedStep, ComparedPair>({
      maxSize: MAX_KNOWN_FEATURES,
      sizeCalculation: ({ features }) => Math.min(features.length + 1, MAX_KNOWN_FEATURES),
      fetchMethod: async (_, __, { context: { before, after, schema } }) => {
        const first = await profiles.here(before);
        const second = await profiles.here(after);
        if (first === undefined || second === undefined) return undefined;
        // Other requests have their turn between two comparisons.
        await new Promise((resolve) => setImmediate(resolve));
        const settings = schema === undefined ? {} : driftSettingsOf(schema.schema);
        return stepOf(compareProfiles(first, second, { names: [before, after], ...settings }));
      },
    });
  }

  /** What changed; undefined if this clone lacks one of the profiles. */
  of(pair: ComparedPair): Promise<ComparedStep | undefined> {
    const key = `${pair.before} ${pair.after} ${pair.schema?.blob ?? ''}`;
    return this.#known.fetch(key, { context: pair });
  }
}

/** What is kept of a report: its drawings hold on to both profiles. */
function stepOf({ verdict, summary, before, after, features }: ComparedStep): ComparedStep {
  return {
    ...{ verdict, summary, before, after },
    features: features.map(({ table, feature, type, verdict, strength, reasons }) => ({
      ...{ table, feature, type, verdict, strength, reasons },
    })),
  };
}
