import { HASH_END, unpackHashes } from '../hashing/sketch.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import type { ThetaSketch } from './model.ts';

/** The sketch of all values that any of the sketches, at least one, has seen. In whatever order they come, it is the same. */
export function mergeSketches(sketches: readonly ThetaSketch[]): ThetaSketch {
  if (sketches.length === 1) return sketches[0]!;
  const builder = new SketchBuilder();
  // Above it, one of them does not know.
  builder.theta = sketches.reduce((least, { theta }) => Math.min(least, theta), HASH_END);
  for (const { hashes } of sketches) {
    // They ascend, so those behind one that is too large are too.
    for (const hash of unpackHashes(hashes, builder.theta)) {
      if (hash >= builder.theta) break;
      builder.offer(hash);
    }
  }
  return builder.sketch();
}
