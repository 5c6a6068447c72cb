import { extname } from 'node:path';
import type { DriftReport, StreamWindow } from '../../drift/model.ts';
import type { Reference } from '../inference/reference.ts';
import type { ClosedWindow } from './windows.ts';

/** Compare a window with a version, and remove its rows. @param counted what is known of it beside its rows and its span */
export async function reportOf(
  reference: Reference,
  { files, envelopes, span }: ClosedWindow,
  counted: StreamWindow,
): Promise<DriftReport> {
  const written = await files.written();
  const name = `window-${counted.window}${extname(written[0]!.path)}`;
  const profile = await reference.profile(written, name);
  await files.remove();
  const times = span && {
    since: new Date(span.since).toISOString(),
    until: new Date(span.until).toISOString(),
  };
  return withStream(reference.compare(profile, name, envelopes), { ...counted, ...times });
}

export function withStream(report: DriftReport, stream: StreamWindow): DriftReport {
  return { ...report, after: { ...report.after, stream } };
}
