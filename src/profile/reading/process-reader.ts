import { statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { expressionMemory, type RowOptions, type RowTable } from '../../engine/check-rows.ts';
import { firstBytes, plainSource, type SourceFile, shownPath } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';
import { isDelimitedText } from '../dataset/file-profile.ts';
import type { ImageHeader } from '../dataset/image-header.ts';
import { isImage } from '../dataset/image-header.ts';
import type { ProfileOptions, TableFile } from '../dataset/profile-files.ts';
import { decodeProfile } from '../format/encode.ts';
import type { Profile } from '../model/model.ts';
import { DEFAULT_MEMORY, memoryBytes, processLimit } from './limits.ts';
import { errorOf, type Jobs, type RowsRequest } from './messages.ts';
import type { DataReader } from './reader.ts';
import { ReaderEnded, ReaderProcess, type ReadOptions } from './reader-process.ts';

/** Where nobody said how much memory, and the default is too little, as it is for thousands of columns. */
const MAX_MEMORY_BYTES = 4e9;
/**
 * A guess with room to spare, for a column takes some 300 KB of addresses however few its rows: 1.1 MB of CSV with 8,000 columns did not fit
 * into 2 GB, and had 530 MB resident with 4 GB.
 */
const MEMORY_PER_BYTE = 4000;

/** The same guess, by the columns that the first line tells of, with room for counters: with too little, an engine breaks down. */
const MEMORY_PER_COLUMN = 500 * 1000;
/** Bytes of a file in which its first line is looked for. */
const FIRST_LINE_BYTES = 1024 * 1024;

/**
 * Bytes of files that no process needs more than its memory for, unless they mean harm. One that ends over so few was most likely ended by
 * something else, such as a machine that ran short, which ends it before any other: a fresh one reads them again.
 */
const FEW_BYTES = 1024 * 1024;

/** Milliseconds for which a process without work waits for more. */
const PATIENCE = 5000;

/** Files whose image headers are asked for at once. */
const IMAGES_AT_ONCE = 1024;

/** With what ends their patience. */
const IDLE_READERS = new Map<ReaderProcess, NodeJS.Timeout>();

/** Starts a process that will be needed, so that it is ready sooner. */
export function prepareReader(memory: string | undefined): void {
  giveBack(take(processLimit(memoryBytes(memory))));
}

/**
 * Reads in a process of its own, whose memory the system bounds, and which is ended on abort. What it was reading when it broke down is named; the
 * next work goes to a fresh one.
 * @throws VarveError `engine-memory`, `reader-crashed`, `reader-stalled`, and what reading itself throws
 */
export const processReader: DataReader = {
  profileFiles(files, options) {
    const [file] = files;
    return file !== undefined && isSmall(files, options)
      ? smallFiles.profile(file, options)
      : inTurn(() => profileAlone(files, options));
  },

  async partitionFeature(name, rows, options) {
    const { signal, asText } = options;
    const bytes = memoryBytes(options.memory);
    const crossed = { ...crossing(options), ...(asText && { asText }), memory: `${bytes}B` };
    const profile = decodeProfile(
      await run(bytes, 'partition', { name, rows, options: crossed }, { signal }, []),
      name,
    );
    return profile.tables[0]!.features[0]!;
  },

  async imageHeaders(files, signal) {
    const headers: (ImageHeader | undefined)[] = new Array(files.length);
    const images = [...files.keys()].filter((index) => isImage(files[index]!.path));
    for (let start = 0; start < images.length; start += IMAGES_AT_ONCE) {
      const part = images.slice(start, start + IMAGES_AT_ONCE);
      const asked = part.map((index) => files[index]!);
      const found = await run(DEFAULT_MEMORY, 'images', { files: asked.map(plainFile) }, { signal }, asked);
      for (const [at, index] of part.entries()) headers[index] = found[at];
    }
    return headers;
  },

  bytesOfRange: (file, signal) =>
    run(DEFAULT_MEMORY, 'ranges', { file: plainFile(file) }, { signal }, [file]),

  async openRows(groups, options) {
    const { signal } = options;
    const plain = groups.map(({ files, ...rest }) => ({
      ...rest,
      files: files.map(plainSource),
    }));
    const memory = memoryBytes(options.memory);
    const request = { groups: plain, options: { ...crossing(options), memory: `${memory}B` } };
    return openedRows(
      request,
      memory,
      signal,
      groups.flatMap(({ files }) => files),
    );
  },

  async openFileRows(files, options) {
    const { signal } = options;
    const memory = memoryBytes(options.memory);
    const plain = files.map((file) => ({ ...plainFile(file), digest: file.digest }));
    return openedRows(
      { files: plain, options: { ...crossing(options), memory: `${memory}B` } },
      memory,
      signal,
      files,
    );
  },
};

let last: Promise<unknown> = Promise.resolve();

/** Does such work one after the other: each takes what memory and cores there are. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work, work);
  last = turn;
  return turn;
}

async function profileAlone(files: readonly TableFile[], options: ProfileOptions): Promise<Profile> {
  const { signal, onProgress } = options;
  const attempt = async (bytes: number) => {
    const asked = { files: files.map(plainFile), options: { ...crossing(options), memory: `${bytes}B` } };
    return decodeProfile(await run(bytes, 'profile', asked, { signal, onProgress }, files), nameOf(files));
  };
  const more = mostMemoryFor(files);
  // What will not do is not tried first.
  const bytes =
    options.memory === undefined
      ? Math.max(DEFAULT_MEMORY, Math.min(more, MEMORY_PER_COLUMN * mostColumns(files)))
      : memoryBytes(options.memory);
  try {
    return await attempt(bytes);
  } catch (error) {
    // An engine that the system refuses memory does not always say so: it may break down in any way.
    const isShort = error instanceof VarveError && BROKEN_DOWN.includes(error.code);
    if (!isShort || options.memory !== undefined || more <= bytes) throw error;
    return attempt(more);
  }
}

/** A file of up to so many bytes takes less time to read than an engine takes to open. */
const MAX_SMALL_BYTES = 256 * 1024;

/** The most files that one engine reads, whose profiles cross together. */
const MAX_TOGETHER = 64;

function isSmall(files: readonly TableFile[], { slice, weight, readings }: ProfileOptions): boolean {
  const [file] = files;
  const isPlain = slice === undefined && weight === undefined && readings === undefined;
  return files.length === 1 && file!.size <= MAX_SMALL_BYTES && file!.range === undefined && isPlain;
}

interface Waiting {
  readonly file: TableFile;
  readonly options: ProfileOptions;
  resolve(profile: Profile): void;
  reject(error: unknown): void;
}

/** Reads small files together that are asked for while others are read. */
class SmallFiles {
  readonly #waiting: Waiting[] = [];
  #isReading = false;

  /** As profileFiles. */
  profile(file: TableFile, options: ProfileOptions): Promise<Profile> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ file, options, resolve, reject });
      if (!this.#isReading) void this.#read();
    });
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const alone = await readTogether(this.#take());
      for (const { file, options, resolve, reject } of alone)
        await profileAlone([file], options).then(resolve, reject);
    }
    this.#isReading = false;
  }

  /** The first that waits, and those behind it that may share its engine. */
  #take(): Waiting[] {
    const [{ options }] = this.#waiting as [Waiting];
    const other = this.#waiting.findIndex((each) => !isSameEngine(each.options, options));
    return this.#waiting.splice(0, Math.min(other < 0 ? MAX_TOGETHER : other, MAX_TOGETHER));
  }
}

const smallFiles = new SmallFiles();

function isSameEngine(a: ProfileOptions, b: ProfileOptions): boolean {
  return a.memory === b.memory && a.threads === b.threads && a.ordered === b.ordered && a.signal === b.signal;
}

/** @returns those that have to be read alone: which of several broke the process or took its memory is not known otherwise */
async function readTogether(all: readonly Waiting[]): Promise<readonly Waiting[]> {
  const [{ options }] = all as [Waiting];
  if (all.length === 1) return all;
  const files = all.map(({ file }) => plainFile(file));
  const bytes = memoryBytes(options.memory);
  const asked = { files, options: { ...crossing(options), memory: `${bytes}B` } };
  const answers = await run(bytes, 'each', asked, { signal: options.signal }, files).catch(() => undefined);
  if (answers === undefined) return all;
  return all.filter(({ file, resolve, reject }, index) => {
    const answer = answers[index]!;
    if (answer instanceof Uint8Array)
      void Promise.resolve(answer)
        .then((bytes) => decodeProfile(bytes, file.path))
        .then(resolve, reject);
    else if (BROKEN_DOWN.includes(answer.code)) return true;
    else reject(errorOf(answer));
    return false;
  });
}

/** What of the options is data: callers may hand over more, such as functions, which cannot cross. */
function crossing(options: CrossedOptions): CrossedOptions {
  const { slice, weight, readings, threads, ordered, columns } = options;
  return {
    ...(slice && { slice }),
    ...(weight !== undefined && { weight }),
    ...(readings && { readings }),
    ...(threads !== undefined && { threads }),
    ...(ordered !== undefined && { ordered }),
    ...(columns && { columns }),
  };
}

interface CrossedOptions extends ProfileOptions, Pick<RowOptions, 'columns'> {}

/** Files of a folder may be of a class that puts their place together. */
function plainFile(file: TableFile): TableFile {
  return { ...plainSource(file), size: file.size };
}

type Named = readonly SourceFile[];

/** Does one job, in a process that has nothing else to do. */
async function run<Kind extends keyof Jobs>(
  memory: number,
  kind: Kind,
  asked: Jobs[Kind]['asked'],
  options: ReadOptions,
  files: Named,
): Promise<Jobs[Kind]['answer']> {
  options.signal?.throwIfAborted();
  return onceMore(files, async () => {
    const reader = take(processLimit(memory));
    try {
      return await reader.ask(kind, asked, options);
    } catch (error) {
      throw said(error, files, reader);
    } finally {
      giveBack(reader);
    }
  });
}

const BROKEN_DOWN: readonly unknown[] = ['engine-memory', 'reader-crashed'];

function areFew(files: Named): boolean {
  const sizes = files.map(({ absolutePath }) => statSync(absolutePath, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0) <= FEW_BYTES;
}

/** What work gives, tried again where the process ended over few bytes. */
async function onceMore<T>(files: Named, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VarveError && BROKEN_DOWN.includes(error.code) && areFew(files)) return work();
    throw error;
  }
}

/** Rows in a process that is kept for them. After it broke down, a fresh one opens them again for the next question. */
async function openedRows(
  rows: RowsRequest,
  memory: number,
  signal: AbortSignal | undefined,
  files: Named,
): Promise<RowTable> {
  let reader: ReaderProcess | undefined;
  const open = async (): Promise<ReaderProcess> => {
    if (reader?.isAlive) return reader;
    reader = take(processLimit(memory));
    await reader.ask('open', { rows }, { signal });
    return reader;
  };
  const ready = () =>
    onceMore(files, async () => {
      try {
        return await open();
      } catch (error) {
        throw said(error, files, reader);
      }
    });
  await ready();
  /** @param expression asked for, which is what took the memory where the process ends over it */
  const answered = async <Kind extends keyof Jobs>(
    kind: Kind,
    asked: Jobs[Kind]['asked'],
    expression?: string,
  ): Promise<Jobs[Kind]['answer']> => {
    const opened = await ready();
    try {
      return await opened.ask(kind, asked, { signal });
    } catch (error) {
      const isOfExpression = expression !== undefined && error instanceof ReaderEnded;
      throw isOfExpression ? expressionMemory(expression, error) : said(error, files, opened);
    }
  };
  return {
    ask: (failing, value) => answered('ask', { failing, value }, failing),
    head: (count) => answered('head', { count }),
    shape: () => answered('shape', {}),
    keys: (failing, asked) => answered('keys', { failing, asked }, failing),
    close() {
      const closed = reader;
      reader = undefined;
      if (closed === undefined) return;
      closed.ask('close', {}).then(
        () => giveBack(closed),
        () => closed.end(),
      );
    },
  };
}

function take(limit: number): ReaderProcess {
  for (const [reader, patience] of IDLE_READERS) {
    IDLE_READERS.delete(reader);
    clearTimeout(patience);
    if (reader.isAlive && reader.limit === limit) return reader;
    reader.dismiss();
  }
  return new ReaderProcess(limit);
}

function giveBack(reader: ReaderProcess): void {
  if (!reader.isAlive) return;
  const patience = setTimeout(() => {
    IDLE_READERS.delete(reader);
    reader.dismiss();
  }, PATIENCE);
  IDLE_READERS.set(reader, patience.unref());
}

/** Bytes. */
function mostMemoryFor(files: readonly TableFile[]): number {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return Math.floor(Math.min(MAX_MEMORY_BYTES, totalmem() / 2, DEFAULT_MEMORY + MEMORY_PER_BYTE * size));
}

/** An estimate of the most columns that any of the files has, by the delimiters in its first line; 0 for what is no delimited text. */
function mostColumns(files: readonly TableFile[]): number {
  const columns = files.filter(isDelimitedText).flatMap(({ absolutePath }) => {
    const line = firstLineOf(absolutePath);
    return [',', ';', '\t', '|'].map((mark) => line.split(mark).length);
  });
  return Math.max(0, ...columns);
}

/** As far as it can be read: reading in full says why it cannot. */
function firstLineOf(path: string): string {
  try {
    return firstBytes(path, FIRST_LINE_BYTES)
      .toString('latin1')
      .split(/[\r\n]/, 1)[0]!;
  } catch {
    return '';
  }
}

function nameOf(files: Named): string {
  const [first, ...others] = files;
  if (first === undefined) return 'the data';
  return others.length === 0
    ? shownPath(first)
    : `${shownPath(first)} or one of ${others.length} files beside it`;
}

/** By these a process ends that the system refuses memory: the C++ library aborts, V8 traps, and the kernel kills. */
const OUT_OF_MEMORY: readonly unknown[] = ['SIGABRT', 'SIGKILL', 'SIGTRAP', 'SIGILL', 134];

/** An error of the process as one of the files that it read. One that met its limit is not used again. */
function said(error: unknown, files: Named, reader: ReaderProcess | undefined): unknown {
  if (error instanceof VarveError && error.code === 'engine-memory') reader?.end();
  if (!(error instanceof ReaderEnded)) return error;
  const name = nameOf(files);
  const about = { ...(files[0] && { path: shownPath(files[0]) }), cause: error };
  if (OUT_OF_MEMORY.includes(error.how)) {
    return new VarveError(
      'engine-memory',
      `${name} needs more memory than the engine may have (${error.how})`,
      {
        remedy: 'Give it more, for example by `--memory 2GB`: add, profile, validate and drift take that.',
        ...about,
      },
    );
  }
  if (error.how === 'stalled') {
    return new VarveError(
      'reader-stalled',
      `${name}: reading came no further for ten minutes, and was ended`,
      {
        remedy: 'Check that the disk answers and that the file is what its name says.',
        ...about,
      },
    );
  }
  return new VarveError('reader-crashed', `${name} made the process that read it break down (${error.how})`, {
    remedy: 'Check that the file is whole and of the format that its name says. Nothing else was harmed.',
    ...about,
  });
}
