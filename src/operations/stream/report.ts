import { extname } from 'node:path';
import type { WrittenFile } from '../../base/files/buffered-file.ts';
import type { DriftReport, StreamWindow } from '../../drift/model.ts';
import { VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { Reference } from '../inference/reference.ts';
import type { ClosedWindow } from './windows.ts';

/** Compare a window with a version, and remove its rows. @param counted what is known of it beside its rows and its span */
export async function reportOf(
  reference: Reference,
  { files, envelopes, span }: ClosedWindow,
  counted: StreamWindow,
): Promise<DriftReport> {
  const written = files.written();
  const name = `window-${counted.window}${extname(written[0]!.path)}`;
  const profile = await profileOfWindow(reference, written, name, counted.window);
  await files.remove();
  const times = span && {
    since: new Date(span.since).toISOString(),
    until: new Date(span.until).toISOString(),
  };
  return withStream(reference.compare(profile, name, envelopes), { ...counted, ...times });
}

/**
 * Count the rows of a window.
 * @param name of its files in the report, which nobody can look for: what is wrong in them is said of the window
 * @param number of the window, from 1
 */
export async function profileOfWindow(
  reference: Reference,
  files: readonly WrittenFile[],
  name: string,
  number: number,
): Promise<Profile> {
  try {
    return await reference.profile(files, name);
  } catch (error) {
    if (!(error instanceof VarveError) || !`${error.path} ${error.message}`.includes(name)) throw error;
    const { code, message, details } = error;
    const where = `window ${number} of the stream`;
    throw new VarveError(code, message.replaceAll(name, where), {
      path: where,
      details: details.map((line) => line.replaceAll(name, where)),
      remedy:
        'The windows before were compared. See that the log is whole, and of requests with features of this dataset.',
      cause: error,
    });
  }
}

/** What has no row passes no check: who watches a stream wants to know that nothing comes any more. @param what ended */
export function nothingCompared(what: string): VarveError {
  return new VarveError('input-empty', `${what} has no row: nothing was compared`, {
    remedy:
      'See whether what writes into it still runs. A second run of a group begins where the first ended, and there may be nothing new.',
  });
}

/**
 * A topic whose messages came, and none of whose rows could be put into a window.
 * @param timeField the field that was to say when a row happened, if one was named
 */
export function nothingReadable(what: string, messages: number, timeField: string | undefined): VarveError {
  const place = timeField === undefined ? '' : `, with their time in the field ${timeField} (--event-time)`;
  return new VarveError(
    'input-empty',
    `${what} has ${messages} messages, and none could be read as a row${place}: nothing was compared`,
    {
      path: what,
      remedy:
        'The warnings say why each was left out. The group has passed over none of them: the same command, corrected, reads them again.',
    },
  );
}

export function withStream(report: DriftReport, stream: StreamWindow): DriftReport {
  return { ...report, after: { ...report.after, stream } };
}
