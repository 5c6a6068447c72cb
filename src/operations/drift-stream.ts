import { rm } from 'node:fs/promises';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import type { DriftReport } from '../drift/model.ts';
import type { Watch } from './context/context.ts';
import { peek, recordWindows } from './inference/record-windows.ts';
import { openReference, type ReferenceOptions } from './inference/reference.ts';
import { RequestLines } from './inference/request-lines.ts';
import { RequestReader } from './inference/requests.ts';
import { windows } from './inference/windows.ts';

export interface StreamOptions extends ReferenceOptions {
  /** How many rows make a window; of a TFRecord, how many requests. */
  readonly window: number;
}

/**
 * Compare JSON Lines, window by window, with a snapshot's profile, and yield each report as soon as its window is full. Lines are rows, or
 * requests as model servers log them, whose rows are taken out; so are those of a TFRecord of TensorFlow Serving's PredictionLogs. The last window may be shorter. A window lies in a temporary file, so that
 * memory does not grow with it.
 * @throws VarveError `request-invalid`, and as openReference
 */
export async function* driftStream(
  cwd: string,
  snapshot: string,
  bytes: AsyncIterable<Uint8Array>,
  options: StreamOptions,
  watch: Watch = {},
): AsyncGenerator<DriftReport> {
  const reference = await openReference(cwd, snapshot, options, watch);
  const lines = new RequestLines(new RequestReader(reference.columns));
  const { isTfrecord, bytes: whole } = await peek(bytes);
  const folder = makeTemporaryFolder('stream');
  const unfinished = removeAtExit(folder);
  try {
    let number = 0;
    const cut = isTfrecord
      ? recordWindows(whole, options.window, folder)
      : windows(lines.rows(whole), options.window, folder);
    for await (const window of cut) {
      number++;
      const name = `window-${number}.${isTfrecord ? 'tfrecord' : 'jsonl'}`;
      const after = await reference.profile(window, name);
      await rm(window.path);
      yield reference.compare(after, name, [...lines.envelopes].sort());
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}
