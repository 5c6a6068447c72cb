import type { ErrorCode } from '../../errors.ts';

/** What tasks do. */
export interface ClusterWork {
  /** The words by which varve makes a part; `{part}` stands for which, as `3/8`. */
  readonly words: readonly string[];
  /** What each part reads from its standard input. */
  readonly input: string | null;
  /**
   * The words by which varve looks at what parts left in the folder `{keys}` of their words, in files of the same names: all files of a
   * name are one, `{range}`. Names are numbers from 0 up to that of the parts, or `most`. Null where parts leave nothing.
   */
  readonly ranges: { readonly words: readonly string[]; readonly most: number } | null;
  /** The words by which varve makes one part of several, which are in the file `{parts}`; null where all of them are wanted as they are. */
  readonly merge: readonly string[] | null;
}

/** What the program of an engine reads. */
export interface EngineRequest {
  readonly work: ClusterWork;
  /** Absolute folder in which the dataset is named. */
  readonly folder: string;
  /** The words that start varve; `{shipped}` stands for where it was unpacked. */
  readonly command: readonly string[];
  /** Variables for varve where a part is made. */
  readonly variables: Readonly<Record<string, string>>;
  /** 0 for as many as the engine sees fit. */
  readonly parts: number;
  readonly threads: number;
  /** Codes of errors after which a part is tried again. Any other says what is so wherever it is looked at. */
  readonly again: readonly ErrorCode[];
  /** Where the parts are to lie, one after another, and what was said of one that failed: the `error` that varve printed, if it did. */
  readonly output: string;
  readonly failure: string;
  /** The address of the cluster; null for the engine's own setting. */
  readonly address: string | null;
  /** What is to be unpacked on each worker; null where the work stays on this machine. */
  readonly archive: string | null;
}

/** How one engine is started. */
export interface ClusterProgram {
  /** As people call it. */
  readonly title: string;
  /** Name of its program, in the folder `engines`. */
  readonly program: string;
  /** Whether the address says that the work stays on this machine. */
  isHere(master: string | undefined): boolean;
  /** Why the cluster could not be had, where it says so before its program can; undefined if it says something else. */
  reasonUnreached?(said: string): string | undefined;
  /** The words that run the program with its request. @throws VarveError `cluster-missing` */
  start(
    program: string,
    request: string,
    content: Pick<EngineRequest, 'address' | 'archive'>,
  ): readonly [string, ...string[]];
}
