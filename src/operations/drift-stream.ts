import { rm } from 'node:fs/promises';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import type { DriftReport } from '../drift/model.ts';
import { isRecordHead } from '../engine/formats/tfrecord/records.ts';
import type { Watch } from './context/context.ts';
import { decompressed, peek } from './inference/decompressed.ts';
import { recordWindows } from './inference/record-windows.ts';
import { openReference, type Reference } from './inference/reference.ts';
import { linesOf, RequestLines } from './inference/request-lines.ts';
import { RequestReader } from './inference/requests.ts';
import { NewNames } from './inference/row-lines.ts';
import { windows } from './inference/windows.ts';
import { LEFT_OUT, MessageReader } from './stream/message-rows.ts';
import { reportOf } from './stream/report.ts';
import { Tally } from './stream/tally.ts';
import { isByTime, type StreamOptions, windowsOf } from './stream/window-options.ts';
import type { ClosedWindow } from './stream/windows.ts';

/**
 * Compare JSON Lines, window by window, with a snapshot's profile, and yield each report as soon as its window is full, or past. Lines are
 * rows, or requests as model servers log them, whose rows are taken out; so are those of a TFRecord of TensorFlow Serving's PredictionLogs,
 * of which a window has so many requests. What gzip or zlib compressed is decompressed. The last window may be shorter. A window lies in a temporary file, so
 * that memory does not grow with it. Where windows go by time, lines that cannot be read are counted.
 * @throws VarveError `request-invalid`, `usage`, and as openReference
 */
export async function* driftStream(
  cwd: string,
  snapshot: string,
  bytes: AsyncIterable<Uint8Array>,
  options: StreamOptions,
  watch: Watch = {},
): AsyncGenerator<DriftReport> {
  const folder = makeTemporaryFolder('stream');
  const unfinished = removeAtExit(folder);
  try {
    const byTime = windowsOf(options, folder);
    const reference = await openReference(cwd, snapshot, options, watch);
    if (isByTime(options)) yield* reportsByTime(reference, bytes, byTime, options, watch);
    else yield* reportsByRows(reference, bytes, Number(options.window), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

async function* reportsByRows(
  reference: Reference,
  bytes: AsyncIterable<Uint8Array>,
  rows: number,
  folder: string,
): AsyncGenerator<DriftReport> {
  const lines = new RequestLines(new RequestReader(reference.columns));
  const { start, bytes: whole } = await peek(decompressed(bytes));
  const isTfrecord = isRecordHead(start);
  const cut = isTfrecord ? recordWindows(whole, rows, folder) : windows(lines.rows(whole), rows, folder);
  let number = 0;
  for await (const window of cut) {
    number++;
    const name = `window-${number}.${isTfrecord ? 'tfrecord' : 'jsonl'}`;
    const after = await reference.profile([window], name);
    await rm(window.path);
    yield reference.compare(after, name, [...lines.envelopes].sort());
  }
}

async function* reportsByTime(
  reference: Reference,
  bytes: AsyncIterable<Uint8Array>,
  windows: ReturnType<typeof windowsOf>,
  { eventTime }: StreamOptions,
  { onWarning }: Watch,
): AsyncGenerator<DriftReport> {
  const names = new NewNames(reference.columns.names);
  const reader = new MessageReader({
    reader: new RequestReader(reference.columns),
    names,
    timeField: eventTime,
  });
  const tally = new Tally(onWarning);
  let number = 0;
  const reported = async (window: ClosedWindow): Promise<DriftReport> => {
    names.clear();
    const report = await reportOf(reference, window, ++number, { tally });
    tally.clear();
    return report;
  };
  let offset = 0;
  for await (const line of linesOf(decompressed(bytes))) {
    offset++;
    if (line.every((byte) => byte <= 0x20)) continue;
    const where = `Line ${offset}`;
    const rows = reader.readJson(line);
    if (typeof rows === 'string') tally.leaveOut(where, rows);
    else {
      const taken = await windows.add(rows, reader.timeOf(rows, undefined), { partition: 0, offset });
      if (taken === 'late') tally.late += rows.rows;
      else if (taken !== 'taken') tally.leaveOut(where, LEFT_OUT[taken]);
    }
    for (let window = windows.due(); window !== undefined; window = windows.due())
      yield await reported(window);
  }
  for (let window = windows.rest(); window !== undefined; window = windows.rest())
    if (window.rows > 0) yield await reported(window);
  if (tally.malformed + tally.late > 0) onWarning?.(leftOver(tally));
}

function leftOver({ malformed, late }: Tally): string {
  return `Of the last lines, ${malformed} could not be read, and the rows of ${late} came too late`;
}
