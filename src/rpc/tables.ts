import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../base/files/temporary-folder.ts';
import { removeAtExit } from '../base/files/unfinished-files.ts';
import { notOpen, optionalText } from './params.ts';
import type { Methods, Reply, Request } from './serve.ts';

interface Table {
  /** What its owner calls it, in reports and messages. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly file: FileHandle;
}

/**
 * Tables of the client's memory, which come as Arrow IPC streams. Each lies in a private folder for the process that reads data, and is
 * named by its path in the place of a dataset.
 */
export class Tables {
  readonly #open = new Map<number, Table>();
  #folder: string | undefined;
  #unfinished: { isFinished(): void } | undefined;
  #last = 0;

  readonly methods: Methods = {
    'table.open': (request) => this.#openTable(request),
    'table.write': (request) => this.#write(request),
    'table.close': (request) => this.#close(request),
  };

  /** What tables are called, by their paths. */
  get names(): ReadonlyMap<string, string> {
    return new Map([...this.#open.values()].map(({ path, name }) => [path, name]));
  }

  async end(): Promise<void> {
    for (const { file } of this.#open.values()) await file.close();
    this.#open.clear();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#unfinished?.isFinished();
  }

  async #openTable({ params }: Request): Promise<Reply> {
    const name = optionalText('table.open', params, 'name') ?? 'table';
    const id = ++this.#last;
    if (this.#folder === undefined) {
      this.#folder = makeTemporaryFolder('table');
      this.#unfinished = removeAtExit(this.#folder);
    }
    const path = join(this.#folder, `${id}.arrows`);
    this.#open.set(id, { name, path, file: await open(path, 'wx', 0o600) });
    return { result: { table: id, path } };
  }

  async #write(request: Request): Promise<Reply> {
    const { file } = this.#table('table.write', request);
    await file.appendFile(request.payload);
    return { result: null };
  }

  async #close(request: Request): Promise<Reply> {
    const { file, path } = this.#table('table.close', request);
    this.#open.delete(request.params.table as number);
    await file.close();
    await rm(path, { force: true });
    return { result: null };
  }

  #table(method: string, { params }: Request): Table {
    const table = this.#open.get(params.table as number);
    if (table === undefined) throw notOpen(method, 'table', params.table);
    return table;
  }
}
