import { neutral } from '../../wording/neutral.ts';
import type { Watch } from '../context/context.ts';
import { nearestName } from '../datasets/suggest.ts';
import type { Reference } from '../inference/reference.ts';
import type { StreamOptions } from './window-options.ts';

/**
 * Warn, before anything is read, where the version has no column by which windows are to be cut. It is no error: data to train with often
 * lacks the time at which a row was sent, and a stream has it.
 */
export function tellOfUnknownTime(
  { name, columns }: Pick<Reference, 'name' | 'columns'>,
  { eventTime }: StreamOptions,
  { onWarning }: Watch,
): void {
  if (eventTime === undefined || columns.names.has(eventTime)) return;
  const similar = nearestName(eventTime, columns.names);
  const meant = similar === undefined ? '' : ` (did you mean ${similar}?)`;
  onWarning?.(
    neutral(
      `${name} has no column ${eventTime}${meant}: --event-time is of the stream alone, whose rows without it are counted as malformed`,
    ),
  );
}
