import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blockHead, containerHead } from '../../engine/formats/avro/container.ts';
import type { MessageRows } from './message-rows.ts';
import type { WrittenSchema } from './registered-schemas.ts';

export interface RowFile {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
}

/** Bytes of a file that are held before they are written. */
const BUFFERED_BYTES = 1024 * 1024;
/** Rows may be about people. */
const FILE_MODE = 0o600;
/** Ends the blocks of files of Avro that varve itself reads and removes. */
const SYNC = Buffer.from('varve stream 01\n');

/** Rows of messages in files of a folder: one of JSON Lines, or one of Avro for each schema. */
export class RowFiles {
  readonly #folder: string;
  readonly #name: string;
  readonly #files = new Map<string, RowWriter>();
  readonly #before: ReadonlyMap<string, number>;

  /**
   * @param name of the files, without a suffix
   * @param before sizes of those that are there already, by their names: what lies behind is not theirs
   */
  constructor(folder: string, name: string, before: ReadonlyMap<string, number> = new Map()) {
    this.#folder = folder;
    this.#name = name;
    this.#before = before;
  }

  /** Add the rows of a message; false where the rows before them are of another form, since one table has one. */
  async add({ content }: MessageRows): Promise<boolean> {
    const isJson = 'lines' in content;
    const [other = this.#before.keys().next().value] = this.#files.keys();
    if (other !== undefined && other.endsWith('.jsonl') !== isJson) return false;
    if (isJson) await this.#file(`${this.#name}.jsonl`, undefined).add(content.lines);
    else await this.#file(`${this.#name}-${content.schema.id}.avro`, content.schema).add([content.value]);
    return true;
  }

  /** Write what is held, and name the files. */
  async written(): Promise<RowFile[]> {
    const files = new Map<string, RowFile>();
    for (const [name, size] of this.#before) files.set(name, { path: join(this.#folder, name), size });
    for (const [name, file] of this.#files) files.set(name, await file.written());
    return [...files.values()];
  }

  async remove(): Promise<void> {
    for (const { path } of this.#files.values()) await rm(path, { force: true });
    this.#files.clear();
  }

  #file(name: string, schema: WrittenSchema | undefined): RowWriter {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const made = new RowWriter(join(this.#folder, name), schema, this.#before.get(name) ?? 0);
    this.#files.set(name, made);
    return made;
  }
}

class RowWriter {
  readonly path: string;
  readonly #schema: WrittenSchema | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #size: number;

  constructor(path: string, schema: WrittenSchema | undefined, size: number) {
    this.path = path;
    this.#schema = schema;
    this.#size = size;
  }

  async add(content: readonly Buffer[]): Promise<void> {
    for (const part of content) {
      this.#held.push(part);
      this.#heldBytes += part.length;
    }
    if (this.#heldBytes >= BUFFERED_BYTES) await this.#write();
  }

  async written(): Promise<RowFile> {
    if (this.#held.length > 0) await this.#write();
    return { path: this.path, size: this.#size };
  }

  async #write(): Promise<void> {
    const bytes = this.#schema === undefined ? Buffer.concat(this.#held) : this.#block(this.#schema.text);
    this.#held = [];
    this.#heldBytes = 0;
    await appendFile(this.path, bytes, { mode: FILE_MODE });
    this.#size += bytes.length;
  }

  #block(schemaText: string): Buffer {
    const head = this.#size === 0 ? containerHead(schemaText, SYNC) : Buffer.alloc(0);
    return Buffer.concat([head, blockHead(this.#held.length, this.#heldBytes), ...this.#held, SYNC]);
  }
}
