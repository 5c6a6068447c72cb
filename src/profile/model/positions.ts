import { addMoments } from '../accumulators/moments.ts';
import type { FeatureProfile, LengthStats, PositionStats } from './model.ts';

/** One position has what the whole feature has. */
const MIN_POSITIONS = 2;

/** Room for the embeddings of most models; what is longer is compared as a whole alone. */
export const MAX_POSITIONS = 2048;

/** The length that all lists have, if it is one whose positions are counted. */
export function positionsOf(lengths: LengthStats | undefined): number | undefined {
  if (lengths === undefined || lengths.count === 0 || lengths.min !== lengths.max) return undefined;
  return lengths.min >= MIN_POSITIONS && lengths.min <= MAX_POSITIONS ? lengths.min : undefined;
}

/** Whether an earlier varve made the profile, which had no positions. */
export function lacksPositions({ numeric, valency, positions }: FeatureProfile): boolean {
  return positions === undefined && numeric !== undefined && positionsOf(valency) !== undefined;
}

/** The positions of the lists of both sides; undefined where their lengths differ, or a side has not counted its own. */
export function mergePositions(a: FeatureProfile, b: FeatureProfile): readonly PositionStats[] | undefined {
  if (a.positions === undefined && b.positions === undefined) return undefined;
  if (hasNoLists(a)) return b.positions;
  if (hasNoLists(b)) return a.positions;
  const [left, right] = [countedPositions(a), countedPositions(b)];
  if (left === undefined || right?.length !== left.length) return undefined;
  return left.map((one, at) => mergePosition(one, right[at]!));
}

function hasNoLists({ valency }: FeatureProfile): boolean {
  return valency === undefined || valency.count === 0;
}

/** Lists whose elements are all null are of no type, and have no value at any position. */
function countedPositions({
  type,
  valency,
  positions,
}: FeatureProfile): readonly PositionStats[] | undefined {
  const length = positionsOf(valency);
  if (type !== 'unknown' || length === undefined) return positions;
  return new Array<PositionStats>(length).fill({
    count: 0,
    min: null,
    max: null,
    moments: { scale: 0, parts: [] },
  });
}

function mergePosition(a: PositionStats, b: PositionStats): PositionStats {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    min: Math.min(a.min!, b.min!),
    max: Math.max(a.max!, b.max!),
    moments: addMoments(a.moments, b.moments),
  };
}
