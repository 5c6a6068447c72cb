import { LRUCache } from 'lru-cache';
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
        const pair = [before, after];
        const areHere = await profiles.here(pair);
        if (areHere.includes(false)) return undefined;
        const settings = schema === undefined ? {} : driftSettingsOf(schema.schema);
        return profiles.ask({ kind: 'step', settings }, pair);
      },
    });
  }

  /** What changed; undefined if this clone lacks one of the profiles. */
  of(pair: ComparedPair): Promise<ComparedStep | undefined> {
    const key = `${pair.before} ${pair.after} ${pair.schema?.blob ?? ''}`;
    return this.#known.fetch(key, { context: pair });
  }
}
