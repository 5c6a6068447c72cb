import { extname } from 'node:path';
import type { DriftReport, StreamOffsets, StreamWindow } from '../../drift/model.ts';
import type { Reference } from '../inference/reference.ts';
import type { Tally } from './tally.ts';
import type { ClosedWindow } from './windows.ts';

/** What is known of a window beside its rows. */
export interface WindowFacts {
  readonly tally: Tally;
  readonly lag?: number;
  readonly offsets?: readonly StreamOffsets[];
}

/** Compare a window with a version, and remove its rows. */
export async function reportOf(
  reference: Reference,
  window: ClosedWindow,
  number: number,
  { tally, lag, offsets }: WindowFacts,
): Promise<DriftReport> {
  const files = await window.files.written();
  const name = `window-${number}${extname(files[0]!.path)}`;
  const profile = await reference.profile(files, name);
  await window.files.remove();
  const report = reference.compare(profile, name, window.envelopes);
  const { span } = window;
  const stream: StreamWindow = {
    window: number,
    ...(span && { since: new Date(span.since).toISOString(), until: new Date(span.until).toISOString() }),
    malformed: tally.malformed,
    late: tally.late,
    ...(lag !== undefined && { lag }),
    ...(offsets && { offsets }),
  };
  return { ...report, after: { ...report.after, stream } };
}
