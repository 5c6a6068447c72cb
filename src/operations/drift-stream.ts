import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import { compareProfiles } from '../drift/compare.ts';
import type { DriftReport } from '../drift/model.ts';
import { processReader } from '../profile/reading/process-reader.ts';
import type { Watch } from './context/context.ts';
import { nameDataset } from './datasets/resolve.ts';
import { driftSettings } from './drift.ts';
import { type ProfilingOptions, profileOfDataset } from './statistics/load.ts';

export interface StreamOptions extends ProfilingOptions {
  readonly schema?: string | undefined;
  /** How many lines make a window. */
  readonly window: number;
}

/**
 * Compare JSON Lines, window by window, with a snapshot's profile, and yield each report as soon as its window is full.
 * The last window may be shorter. A window lies in a temporary file, so memory does not grow with it or with the length of a line.
 */
export async function* driftStream(
  cwd: string,
  snapshot: string,
  bytes: AsyncIterable<Uint8Array>,
  options: StreamOptions,
  watch: Watch = {},
): AsyncGenerator<DriftReport> {
  const named = await nameDataset(cwd, snapshot, watch);
  const { profile: before, digest } = await profileOfDataset(named, options);
  const settings = driftSettings(named, cwd, options.schema);
  const folder = makeTemporaryFolder('stream');
  const unfinished = removeAtExit(folder);
  try {
    let number = 0;
    for await (const { path, size } of windows(bytes, options.window, folder)) {
      number++;
      const name = `window-${number}.jsonl`;
      const after = await processReader.profileFiles([{ absolutePath: path, path: name, size }], {
        ...(options.slice === undefined ? {} : { slice: options.slice }),
        ...(options.weight === undefined ? {} : { weight: options.weight }),
        ...(options.memory === undefined ? {} : { memory: options.memory }),
        ...(options.threads === undefined ? {} : { threads: options.threads }),
        ...(watch.signal === undefined ? {} : { signal: watch.signal }),
      });
      await rm(path);
      yield compareProfiles(before, after, {
        names: [snapshot, name],
        digests: [digest, undefined],
        ...settings,
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

interface WindowFile {
  readonly path: string;
  readonly size: number;
}

/** Cut bytes after every `lines`th line feed. Leaves out a window of nothing but white space. */
async function* windows(
  bytes: AsyncIterable<Uint8Array>,
  lines: number,
  folder: string,
): AsyncGenerator<WindowFile> {
  let made = 0;
  const next = () => new WindowWriter(join(folder, `${made++}.jsonl`), lines);
  let window = next();
  for await (const chunk of bytes) {
    let rest = chunk;
    while (rest.length > 0) {
      rest = rest.subarray(await window.take(rest));
      if (!window.full) continue;
      yield* window.written();
      window = next();
    }
  }
  yield* window.written();
}

class WindowWriter {
  readonly #path: string;
  #left: number;
  #size = 0;
  #blank = true;

  constructor(path: string, lines: number) {
    this.#path = path;
    this.#left = lines;
  }

  get full(): boolean {
    return this.#left === 0;
  }

  /** Append as much of `bytes` as belongs to this window and say how much that was. */
  async take(bytes: Uint8Array): Promise<number> {
    let end = 0;
    while (this.#left > 0 && end < bytes.length) {
      const feed = bytes.indexOf(0x0a, end);
      end = feed < 0 ? bytes.length : feed + 1;
      if (feed >= 0) this.#left--;
    }
    const own = bytes.subarray(0, end);
    this.#blank &&= own.every((byte) => byte <= 0x20);
    this.#size += end;
    await appendFile(this.#path, own);
    return end;
  }

  *written(): Generator<WindowFile> {
    if (!this.#blank) yield { path: this.#path, size: this.#size };
  }
}
