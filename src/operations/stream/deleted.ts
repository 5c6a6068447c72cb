import { namedOffset, type StreamPosition } from '../../kafka/positions.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import type { PartitionOffsets } from '../../workspace/topic-origin.ts';

/**
 * What a topic has deleted of what a position names.
 * @param starts where reading begins, by partition: at the oldest message that is left, if that lies behind the position
 * @param end where it ends, if messages behind that are not wanted
 */
export function deletedBehind(
  begin: StreamPosition,
  starts: ReadonlyMap<number, number>,
  end?: StreamPosition,
): PartitionOffsets[] {
  return [...starts].flatMap(([partition, start]) => {
    const from = namedOffset(begin, partition) ?? start;
    const until = Math.min(start, (end && namedOffset(end, partition)) ?? start);
    return from < until ? [{ partition, from, until }] : [];
  });
}

/** Say that messages are gone that were wanted. @param done what was not done with them */
export function deletedWords(
  topic: string,
  { partition, from, until }: PartitionOffsets,
  done: 'taken' | 'read',
): string {
  const gone = counted(until - from, 'message');
  return neutral(
    `${topic} has deleted ${gone} of partition ${partition} that ${until - from === 1 ? 'was' : 'were'} not ${done}: from offset ${from} up to ${until}`,
  );
}
