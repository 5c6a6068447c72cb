/**
 * What is asked of a model, counted into windows and held against the version of a dataset. It may not know HTTP: it takes bodies, and tells
 * what it found.
 */

import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openReference, type Reference } from '../../operations/inference/reference.ts';
import { type LoggedRequest, RequestReader, type Row } from '../../operations/inference/requests.ts';
import { NewNames, RowLines } from '../../operations/inference/row-lines.ts';
import type { WindowLimit } from '../../operations/inference/window-limit.ts';
import { type BodyValue, bodyValues, type RequestBody } from './bodies.ts';
import type { Budget } from './budget.ts';
import { type FullWindow, type ObservedState, StateFolder, type StoredWindow } from './state.ts';
import { WINDOW_ENGINE } from './window-questions.ts';
import { WindowRows } from './window-rows.ts';
import type { WindowThread } from './window-thread.ts';

export interface ObservedOptions {
  /** By which requests name it. */
  readonly name: string;
  /** The version that windows are held against: a dataset as on the command line. */
  readonly against: string;
  readonly cwd: string;
  readonly window: WindowLimit;
  /** As in ReferenceOptions. */
  readonly environment?: string | undefined;
  /** Where state and windows lie. */
  readonly folder: string;
  readonly budget: Budget;
  readonly thread: WindowThread;
  /** Hears of what fails while nobody waits for it. */
  readonly onFailure: (message: string, error: unknown) => void;
}

/** Bytes of one window on disk, whatever its rows or minutes. */
const MAX_WINDOW_BYTES = 256 * 1024 * 1024;
/** Windows that wait to be compared; while they are so many, what comes waits in memory, and then is refused. */
const MAX_WAITING = 4;
/** Rows, or lines of a body, that are counted before others are answered. */
const ROWS_A_TURN = 2000;
const MAX_RECENT = 200;
const MAX_PROBLEMS = 10;
const MAX_PROBLEM_LENGTH = 500;
/** How old the state on disk may be. Rows are on disk at once. */
const SAVE_MS = 1000;

export class ObservedDataset {
  readonly #options: ObservedOptions;
  readonly #folder: StateFolder;
  readonly #reader: RequestReader;
  readonly #ending = new AbortController();
  #state: ObservedState;
  #rows: WindowRows | undefined;
  /** Features of the open window that the version has not. */
  readonly #names: NewNames;
  #queue: RequestBody[] = [];
  #draining: Promise<void> | undefined;
  #comparing: Promise<void> | undefined;
  #saving: NodeJS.Timeout | undefined;
  #due: NodeJS.Timeout | undefined;

  private constructor(options: ObservedOptions, folder: StateFolder, reference: Reference) {
    this.#options = options;
    this.#folder = folder;
    this.#reader = new RequestReader(reference.columns);
    this.#names = new NewNames(reference.columns.nested);
    this.#state = folder.read();
  }

  /**
   * Go on where the process before ended.
   * @throws VarveError `state-in-use`, `state-damaged`, and as openReference
   */
  static async open(options: ObservedOptions): Promise<ObservedDataset> {
    const { cwd, against, environment } = options;
    const reference = await openReference(cwd, against, { ...WINDOW_ENGINE, environment });
    const observed = new ObservedDataset(options, new StateFolder(options.folder), reference);
    await observed.#resume();
    return observed;
  }

  get name(): string {
    return this.#options.name;
  }

  get against(): string {
    return this.#options.against;
  }

  get window(): WindowLimit {
    return this.#options.window;
  }

  get state(): ObservedState {
    this.#syncRows();
    return this.#state;
  }

  /** Bodies that wait to be read. */
  get queued(): number {
    return this.#queue.length;
  }

  /** The page of the last window; undefined as long as there is none. */
  get report(): string | undefined {
    return this.#folder.report;
  }

  /** Take a body whose bytes the budget has. Whoever sent it need not wait for more. */
  offer(body: RequestBody): void {
    this.#queue.push(body);
    this.#drain();
  }

  /** Count a request that was refused for want of room. */
  drop(): void {
    this.#count({ dropped: 1 });
  }

  /** Count what was taken, and keep the rest for the next process. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#draining;
    await this.#comparing;
    clearTimeout(this.#due);
    clearTimeout(this.#saving);
    this.#save();
  }

  async #resume(): Promise<void> {
    const { open } = this.#state;
    const kept = new Set([...this.#state.waiting, ...(open ? [open] : [])].map(({ number }) => number));
    for (const file of readdirSync(this.#folder.path)) {
      const number = /^window-(\d+)\.jsonl$/.exec(file)?.[1];
      if (number !== undefined && !kept.has(Number(number))) await rm(join(this.#folder.path, file));
    }
    if (open !== undefined) {
      this.#rows = await WindowRows.resume(this.#folder.windowPath(open.number));
      // Rows are written before the state that counts them.
      this.#count({ rows: this.#rows.rows - open.rows });
      this.#state = { ...this.#state, open: { ...open, rows: this.#rows.rows } };
      this.#waitForEnd(open);
    }
    this.#compare();
  }

  #drain(): void {
    this.#draining ??= this.#drainAll()
      .catch((error: unknown) => this.#fail('rows of requests cannot be kept', error))
      .finally(() => {
        this.#draining = undefined;
        if (this.#queue.length > 0) this.#drain();
      });
  }

  async #drainAll(): Promise<void> {
    const bodies = this.#queue;
    this.#queue = [];
    try {
      await this.#closeIfDue();
      for (const [at, body] of bodies.entries()) {
        await this.#take(body);
        this.#options.budget.release(body.bytes.length);
        delete bodies[at];
        await nextTurn();
      }
    } finally {
      for (const body of bodies) if (body !== undefined) this.#options.budget.release(body.bytes.length);
    }
    await this.#rows?.flush();
    this.#saveSoon();
  }

  async #take(body: RequestBody): Promise<void> {
    this.#count({ requests: 1 });
    const lines = new RowLines(this.#names);
    let values = 0;
    for (const found of await bodyValues(body)) {
      if (found instanceof Error) this.#refuse(found);
      else await this.#takeValue(found, lines);
      if (++values % ROWS_A_TURN === 0) await nextTurn();
    }
  }

  async #takeValue({ value, text, row: asIs }: BodyValue, lines: RowLines): Promise<void> {
    let request: LoggedRequest;
    try {
      request = asIs ? { ...asIs, rows: [value as Row] } : this.#reader.read(value);
    } catch (error) {
      this.#refuse(error as Error);
      return;
    }
    const { forms, rows, time } = request;
    if (time !== undefined && time < this.#state.lateBefore) {
      this.#count({ late: rows.length });
      return;
    }
    const own = forms.length === 0 || asIs !== undefined ? text : undefined;
    for (const [at, row] of rows.entries()) {
      let line: string;
      try {
        line = lines.of(row, own);
      } catch (error) {
        this.#refuse(error as Error);
        if (lines.isFull) return;
        continue;
      }
      await this.#add(line, forms);
      if (at % ROWS_A_TURN === ROWS_A_TURN - 1) await nextTurn();
    }
  }

  async #add(line: string, forms: readonly string[]): Promise<void> {
    this.#begin(forms);
    const rows = this.#rows!;
    await rows.add(line);
    const most = this.#options.window.rows ?? Number.POSITIVE_INFINITY;
    if (rows.rows >= most || rows.bytes >= MAX_WINDOW_BYTES) await this.#closeWindow();
  }

  /** Begin a window with its first row, and note which forms its requests have. */
  #begin(forms: readonly string[]): void {
    const { open, totals, waiting } = this.#state;
    if (open === undefined) {
      const number = totals.windows + totals.failed + waiting.length + 1;
      const begun = { number, rows: 0, since: Date.now(), envelopes: forms };
      this.#rows = WindowRows.begin(this.#folder.windowPath(number));
      this.#names.clear();
      this.#state = { ...this.#state, open: begun };
      this.#waitForEnd(begun);
      this.#save();
    } else if (!forms.every((form) => open.envelopes.includes(form))) {
      const envelopes = [...new Set([...open.envelopes, ...forms])].sort();
      this.#state = { ...this.#state, open: { ...open, envelopes } };
    }
  }

  #waitForEnd({ since }: StoredWindow): void {
    const end = this.#options.window.endOf(since);
    if (end === undefined) return;
    clearTimeout(this.#due);
    this.#due = setTimeout(() => this.#drain(), Math.max(0, end - Date.now())).unref();
  }

  async #closeIfDue(): Promise<void> {
    const { open } = this.#state;
    const end = open && this.#options.window.endOf(open.since);
    if (end !== undefined && Date.now() >= end) await this.#closeWindow();
  }

  async #closeWindow(): Promise<void> {
    const rows = this.#rows!;
    await rows.flush();
    this.#syncRows();
    const { open, waiting } = this.#state;
    this.#rows = undefined;
    this.#state = {
      ...this.#state,
      open: undefined,
      waiting: [...waiting, { ...open!, until: Date.now() }],
      lateBefore: open!.since,
    };
    this.#save();
    this.#compare();
    while (this.#state.waiting.length >= MAX_WAITING && this.#comparing !== undefined) await this.#comparing;
  }

  #compare(): void {
    this.#comparing ??= this.#compareNext().finally(() => {
      this.#comparing = undefined;
      if (this.#state.waiting.length > 0 && !this.#ending.signal.aborted) this.#compare();
    });
  }

  async #compareNext(): Promise<void> {
    const [window] = this.#state.waiting;
    if (window === undefined || this.#ending.signal.aborted) return;
    const path = this.#folder.windowPath(window.number);
    let changed: Partial<ObservedState>;
    try {
      changed = await this.#compared(window, path);
    } catch (error) {
      // It is compared when the next process starts.
      if (this.#ending.signal.aborted) return;
      this.#fail(`window ${window.number} of ${this.name} cannot be compared`, error);
      changed = { totals: { ...this.#state.totals, failed: this.#state.totals.failed + 1 } };
    }
    this.#state = { ...this.#state, ...changed, waiting: this.#state.waiting.slice(1) };
    this.#save();
    await rm(path, { force: true });
  }

  async #compared(window: FullWindow, path: string): Promise<Partial<ObservedState>> {
    const { name, against, cwd, environment, thread } = this.#options;
    const question = { name, against, cwd, environment, window, path };
    const { compared, metrics, report, columns } = await thread.compare(question);
    this.#reader.follow(columns);
    this.#names.follow(columns.nested);
    this.#folder.writeReport(report);
    const { totals, recent } = this.#state;
    return {
      totals: { ...totals, windows: totals.windows + 1 },
      recent: [...recent, compared].slice(-MAX_RECENT),
      metrics,
    };
  }

  #count(more: Partial<ObservedState['totals']>): void {
    const totals = Object.entries(this.#state.totals).map(([key, value]) => [
      key,
      value + (more[key as keyof typeof more] ?? 0),
    ]);
    this.#state = { ...this.#state, totals: Object.fromEntries(totals) as ObservedState['totals'] };
    this.#saveSoon();
  }

  #refuse(error: Error): void {
    this.#count({ malformed: 1 });
    this.#note(error.message);
  }

  #fail(message: string, error: unknown): void {
    this.#note(`${message}: ${(error as Error).message}`);
    this.#options.onFailure(message, error);
  }

  #note(message: string): void {
    const problem = { time: new Date().toISOString(), message: message.slice(0, MAX_PROBLEM_LENGTH) };
    this.#state = { ...this.#state, problems: [...this.#state.problems, problem].slice(-MAX_PROBLEMS) };
  }

  #saveSoon(): void {
    this.#saving ??= setTimeout(() => this.#save(), SAVE_MS).unref();
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    this.#syncRows();
    try {
      this.#folder.write(this.#state);
    } catch (error) {
      this.#options.onFailure(`the state of ${this.name} cannot be kept`, error);
    }
  }

  /** Count the rows of the open window that are on disk: all at once, not one by one. */
  #syncRows(): void {
    const { open } = this.#state;
    if (open === undefined || this.#rows === undefined) return;
    const more = this.#rows.kept - open.rows;
    if (more === 0) return;
    const { totals } = this.#state;
    this.#state = {
      ...this.#state,
      totals: { ...totals, rows: totals.rows + more },
      open: { ...open, rows: this.#rows.kept },
    };
  }
}
