import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BufferedFile, type Pack, type WrittenFile } from '../../base/files/buffered-file.ts';
import { blockHead, containerHead } from '../../engine/formats/avro/container.ts';
import type { MessageRows } from './message-rows.ts';
import type { WrittenSchema } from './registered-schemas.ts';

/** Ends the blocks of files of Avro that varve itself reads and removes. */
const SYNC = Buffer.from('varve stream 01\n');

/** Rows of messages in files of a folder: one of JSON Lines, or one of Avro for each schema. */
export class RowFiles {
  readonly #folder: string;
  readonly #name: string;
  readonly #files = new Map<string, BufferedFile>();
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
  async written(): Promise<WrittenFile[]> {
    const files = new Map<string, WrittenFile>();
    for (const [name, size] of this.#before) files.set(name, { path: join(this.#folder, name), size });
    for (const [name, file] of this.#files) files.set(name, await file.written());
    return [...files.values()];
  }

  async remove(): Promise<void> {
    for (const { path } of this.#files.values()) await rm(path, { force: true });
    this.#files.clear();
  }

  #file(name: string, schema: WrittenSchema | undefined): BufferedFile {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const pack = schema && blocksOf(schema);
    const made = new BufferedFile(join(this.#folder, name), this.#before.get(name), pack);
    this.#files.set(name, made);
    return made;
  }
}

/** Rows as one block of Avro, behind the head of the file where it is the first. */
function blocksOf(schema: WrittenSchema): Pack {
  return (parts, size) => {
    const head = size === 0 ? containerHead(schema.text, SYNC) : Buffer.alloc(0);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    return Buffer.concat([head, blockHead(parts.length, bytes), ...parts, SYNC]);
  };
}
