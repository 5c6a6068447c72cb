import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { makeFolders } from '../../base/files/make-folders.ts';
import { isGone, processOwner } from '../../base/files/process-owner.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import type { DriftWindow } from '../../drift/model.ts';
import { VarveError } from '../../errors.ts';
import type { Metric } from '../../report/ci/prometheus.ts';

/** What was counted since the state was made. */
export interface ObservedTotals {
  readonly requests: number;
  readonly rows: number;
  /** Requests, or lines of them, that could not be read. */
  readonly malformed: number;
  /** Rows of a time that the window before had left behind. */
  readonly late: number;
  /** Requests that were refused for want of room. */
  readonly dropped: number;
  readonly windows: number;
  /** Windows that could not be compared. */
  readonly failed: number;
}

/** A window whose rows lie in a file. */
export interface StoredWindow {
  /** From 1. */
  readonly number: number;
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Forms of its requests, such as `cloudevents/v2`. */
  readonly envelopes: readonly string[];
}

/** A window that gets no more rows. */
export interface FullWindow extends StoredWindow {
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A window that was compared. */
export interface ComparedWindow extends DriftWindow {
  /** ISO 8601: when its first row came, and when it was closed. */
  readonly since: string;
  readonly until: string;
  /** Of the schema. */
  readonly anomalies: number;
}

export interface ObservedState {
  readonly totals: ObservedTotals;
  readonly open: StoredWindow | undefined;
  /** Closed, and not compared yet; oldest first. */
  readonly waiting: readonly FullWindow[];
  /** Rows of before this time are late: milliseconds since 1970. */
  readonly lateBefore: number;
  /** The last ones, oldest first. */
  readonly recent: readonly ComparedWindow[];
  /** Of the last window. */
  readonly metrics: readonly Metric[];
  /** What was wrong with the last requests and windows that failed, oldest first. */
  readonly problems: readonly { readonly time: string; readonly message: string }[];
}

const EMPTY_STATE: ObservedState = {
  totals: { requests: 0, rows: 0, malformed: 0, late: 0, dropped: 0, windows: 0, failed: 0 },
  open: undefined,
  waiting: [],
  lateBefore: 0,
  recent: [],
  metrics: [],
  problems: [],
};

const VERSION = 1;
/** Rows of requests may be about people. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The files of one observed dataset: its state, its windows, and the page of the last one. */
export class StateFolder {
  readonly path: string;

  /** @throws VarveError `state-in-use` where another process has it */
  constructor(path: string) {
    this.path = path;
    try {
      makeFolders(path, FOLDER_MODE);
    } catch (error) {
      throw systemError(error, 'write', path);
    }
    const owner = this.#text('owner');
    if (owner !== undefined && owner !== processOwner() && isGone(owner) === false) throw inUse(path);
    this.#write('owner', processOwner());
  }

  windowPath(number: number): string {
    return join(this.path, `window-${number}.jsonl`);
  }

  /** @throws VarveError `state-damaged` */
  read(): ObservedState {
    const text = this.#text('state.json');
    if (text === undefined) return EMPTY_STATE;
    try {
      const { version, ...state } = JSON.parse(text) as ObservedState & { version: unknown };
      if (version !== VERSION || !isState(state)) throw new Error('not of version 1');
      return { ...EMPTY_STATE, ...state };
    } catch (error) {
      throw new VarveError('state-damaged', `The state in ${this.path} cannot be read`, {
        path: join(this.path, 'state.json'),
        remedy: 'Move the folder away, to begin with new windows; or name another by --state.',
        cause: error,
      });
    }
  }

  write(state: ObservedState): void {
    this.#write('state.json', `${JSON.stringify({ version: VERSION, ...state })}\n`);
  }

  /** The page of the last window; undefined as long as there is none. */
  get report(): string | undefined {
    return this.#text('report.html');
  }

  writeReport(html: string): void {
    this.#write('report.html', html);
  }

  #text(name: string): string | undefined {
    const path = join(this.path, name);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw systemError(error, 'read', path);
    }
  }

  #write(name: string, text: string): void {
    writeAtomically(join(this.path, name), [Buffer.from(text)], false, FILE_MODE);
  }
}

function inUse(path: string): VarveError {
  return new VarveError('state-in-use', `Another server keeps its windows in ${path}`, {
    path,
    remedy: 'Stop it first, or name another folder by --state.',
  });
}

function isState(state: Partial<ObservedState>): boolean {
  const { totals, open, waiting, lateBefore, recent, metrics, problems } = state;
  const lists = [waiting, recent, metrics, problems];
  return (
    isCounts(totals, Object.keys(EMPTY_STATE.totals)) &&
    lists.every(Array.isArray) &&
    [...waiting!, ...(open === undefined ? [] : [open])].every(isWindow) &&
    typeof lateBefore === 'number'
  );
}

function isWindow(window: StoredWindow): boolean {
  return isCounts(window, ['number', 'rows', 'since']) && Array.isArray(window.envelopes);
}

function isCounts(value: unknown, keys: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return keys.every((key) => Number.isSafeInteger((value as Record<string, unknown>)[key]));
}
