import { rm } from 'node:fs/promises';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import type { DriftReport, StreamWindow } from '../drift/model.ts';
import { HEAD_BYTES, isRecordHead } from '../engine/formats/tfrecord/records.ts';
import { VarveError } from '../errors.ts';
import { neutral } from '../wording/neutral.ts';
import { counted } from '../wording/numbers.ts';
import type { Watch } from './context/context.ts';
import { decompressed, peek } from './inference/decompressed.ts';
import { recordWindows } from './inference/record-windows.ts';
import { openReference, type Reference } from './inference/reference.ts';
import { linesOf } from './inference/request-lines.ts';
import { RequestReader } from './inference/requests.ts';
import { windows } from './inference/windows.ts';
import { tellOfUnknownTime } from './stream/event-time.ts';
import { type JsonRows, LEFT_OUT, MessageReader, TOO_LONG } from './stream/message-rows.ts';
import { nothingCompared, profileOfWindow, reportOf, withStream } from './stream/report.ts';
import { Tally } from './stream/tally.ts';
import { isByTime, type StreamOptions, windowsOf } from './stream/window-options.ts';
import type { ClosedWindow } from './stream/windows.ts';

const SPACE = 0x20;
const END_OF_LINE = Buffer.from('\n');

/**
 * Compare JSON Lines, window by window, with a snapshot's profile, and yield each report as soon as its window is full, or past. Lines are
 * rows, or requests as model servers log them, whose rows are taken out; so are those of a TFRecord of TensorFlow Serving's PredictionLogs,
 * of which a window has so many requests. What gzip or zlib compressed is decompressed. The last window may be shorter. A window lies in a temporary file, so
 * that memory does not grow with it. Lines that cannot be read are counted.
 * @throws VarveError `request-invalid` where no line can be read, or a TFRecord is damaged; `input-empty` where there is none; `usage`, and as openReference
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
    tellOfUnknownTime(reference, options, watch);
    const lines = new StreamLines(reference, options, watch);
    const whole = decompressed(bytes);
    if (isByTime(options)) yield* reportsByTime(reference, lines, whole, byTime);
    else yield* reportsByRows(reference, lines, whole, Number(options.window), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

async function* reportsByRows(
  reference: Reference,
  lines: StreamLines,
  bytes: AsyncIterable<Uint8Array>,
  rows: number,
  folder: string,
): AsyncGenerator<DriftReport> {
  const { start, bytes: whole } = await peek(bytes);
  const isTfrecord = areRecords(start);
  const cut = isTfrecord ? recordWindows(whole, rows, folder) : windows(lines.rows(whole), rows, folder);
  let number = 0;
  for await (const window of cut) {
    const name = `window-${++number}.${isTfrecord ? 'tfrecord' : 'jsonl'}`;
    const stream = lines.beginWindow(number);
    const after = await profileOfWindow(reference, [window], name, number);
    await rm(window.path);
    yield withStream(reference.compare(after, name, lines.takeEnvelopes()), stream);
  }
  lines.end(number);
}

async function* reportsByTime(
  reference: Reference,
  lines: StreamLines,
  bytes: AsyncIterable<Uint8Array>,
  windows: ReturnType<typeof windowsOf>,
): AsyncGenerator<DriftReport> {
  const { tally } = lines;
  const { start, bytes: whole } = await peek(bytes);
  if (areRecords(start)) throw withoutTimes();
  let number = 0;
  const reported = (window: ClosedWindow): Promise<DriftReport> =>
    reportOf(reference, window, lines.beginWindow(++number));
  for await (const { message, time, line } of lines.messages(whole)) {
    const taken = windows.add(message, time, { partition: 0, offset: line });
    if (taken === 'late') tally.late += message.rows;
    else if (taken !== 'taken') tally.leaveOut(`Line ${line}`, LEFT_OUT[taken]);
    for (let window = windows.due(); window !== undefined; window = windows.due())
      yield await reported(window);
  }
  for (let window = windows.rest(); window !== undefined; window = windows.rest())
    if (window.rows > 0) yield await reported(window);
  lines.end(number);
}

/**
 * Tell whether a stream is a TFRecord, also where the head of its first record is damaged: the upper half of its length is nothing but zeros,
 * of which no text has four.
 */
function areRecords(start: Buffer): boolean {
  return isRecordHead(start) || (start.length >= HEAD_BYTES && start.readUInt32LE(4) === 0);
}

function withoutTimes(): VarveError {
  return new VarveError('usage', 'The stream is a TFRecord, whose requests do not say when they were sent', {
    remedy: 'Give a number of requests as the window: `--window 10000`.',
  });
}

/** The lines of a stream as rows, and how many of them are in no window. */
class StreamLines {
  readonly #reader: MessageReader;
  readonly #watch: Watch;
  readonly tally: Tally;
  /** Forms of requests of the window that is being filled, such as `cloudevents/v2`. */
  readonly #envelopes = new Set<string>();

  constructor({ columns }: Reference, { eventTime }: StreamOptions, watch: Watch) {
    this.#watch = watch;
    this.#reader = new MessageReader({
      reader: new RequestReader(columns),
      names: columns.nested,
      timeField: eventTime,
    });
    this.tally = new Tally(watch.onWarning);
  }

  /** What each line holds, and when that happened; those that cannot be read are counted. */
  async *messages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<{
    readonly message: JsonRows;
    readonly time: number | undefined;
    readonly line: number;
  }> {
    let line = 0;
    for await (const text of linesOf(bytes)) {
      line++;
      if (text?.every((byte) => byte <= SPACE)) continue;
      const message = text === undefined ? TOO_LONG : this.#reader.readJson(text);
      if (typeof message === 'string') this.tally.leaveOut(`Line ${line}`, message);
      else {
        this.tally.read(message);
        yield { message, time: this.#reader.timeOf(message, undefined), line };
      }
    }
  }

  /** The rows as JSON Lines, one at a time, so that a window knows the forms of its own. */
  async *rows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const { message } of this.messages(bytes)) {
      const { forms, content } = message;
      for (const line of content.lines) {
        for (const form of forms) this.#envelopes.add(form);
        yield Buffer.concat([line, END_OF_LINE]);
      }
    }
  }

  /** The forms of the window that was filled; those of the next are counted anew. */
  takeEnvelopes(): string[] {
    const taken = [...this.#envelopes].sort();
    this.#envelopes.clear();
    return taken;
  }

  /** Say what was counted up to the end of a window, and count anew. */
  beginWindow(ended: number): StreamWindow {
    const { malformed, late } = this.tally;
    this.tally.clear();
    this.#reader.beginWindow();
    return { window: ended, malformed, late };
  }

  /** Tell of what came behind the last window. @throws VarveError where there is no window: `request-invalid` for want of lines that can be read, or of requests, `input-empty` for want of lines */
  end(windows: number): void {
    const { malformed, late, first, withoutRows } = this.tally;
    if (windows === 0 && withoutRows !== undefined) throw noRequests(withoutRows, malformed);
    if (windows === 0 && first !== undefined) throw nothingRead(first);
    if (windows === 0) throw nothingCompared('The stream');
    if (malformed + late > 0) this.#watch.onWarning?.(leftOver(this.tally));
  }
}

function noRequests(seen: string, malformed: number): VarveError {
  const others = malformed === 0 ? '' : `, and ${counted(malformed, 'line')} cannot be read`;
  return new VarveError(
    'request-invalid',
    `The stream has no requests, so nothing was compared: it has messages without rows, ${seen}${others}`,
    {
      remedy:
        'Give the log of what the model was asked. Events of answers, and lines that say what later ones hold, have no rows of features.',
    },
  );
}

function nothingRead({ where, reason }: NonNullable<Tally['first']>): VarveError {
  return new VarveError(
    'request-invalid',
    `No line of the stream can be read. ${where}: ${neutral(reason)}`,
    {
      path: where.toLowerCase(),
      remedy: 'Give rows as JSON Lines, or requests as model servers log them.',
    },
  );
}

function leftOver({ malformed, late }: Tally): string {
  return `Of the last lines, ${malformed} could not be read, and the rows of ${late} came too late`;
}
