import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BufferedFile, type Pack, type WrittenFile } from '../../base/files/buffered-file.ts';
import { blockHead, containerHead } from '../../engine/formats/avro/container.ts';
import type { MessageRows } from './message-rows.ts';
import type { WrittenSchema } from './registered-schemas.ts';

/** Ends the blocks of files of Avro that varve itself reads and removes. */
const SYNC = Buffer.from('varve stream 01\n');
const LINE_FEED = 0x0a;

/** Rows of messages in files of a folder: one of JSON Lines, or one of Avro for each schema. */
export class RowFiles {
  readonly #folder: string;
  readonly #name: string;
  /** By the id of the schema; that of JSON Lines has none. */
  readonly #files = new Map<number | undefined, BufferedFile>();
  readonly #before: ReadonlyMap<string, number>;
  /** What the first row was. */
  #isJson: boolean | undefined;

  /**
   * @param name of the files, without a suffix
   * @param before sizes of those that are there already, by their names: what lies behind is not theirs
   */
  constructor(folder: string, name: string, before: ReadonlyMap<string, number> = new Map()) {
    this.#folder = folder;
    this.#name = name;
    this.#before = before;
    const [first] = before.keys();
    this.#isJson = first?.endsWith('.jsonl');
  }

  /** Add the rows of a message; false where the rows before them are of another form, since one table has one. */
  add({ content }: MessageRows): boolean {
    const isJson = 'lines' in content;
    this.#isJson ??= isJson;
    if (isJson !== this.#isJson) return false;
    if (isJson) this.#file(undefined).add(content.lines);
    else this.#file(content.schema).add([content.value]);
    return true;
  }

  /** Write what is held, and name the files. */
  written(): WrittenFile[] {
    const files = new Map<string, WrittenFile>();
    for (const [name, size] of this.#before) files.set(name, { path: join(this.#folder, name), size });
    for (const file of this.#files.values()) files.set(basename(file.path), file.written());
    return [...files.values()];
  }

  async remove(): Promise<void> {
    for (const { path } of this.#files.values()) await rm(path, { force: true });
    this.#files.clear();
  }

  #file(schema: WrittenSchema | undefined): BufferedFile {
    const known = this.#files.get(schema?.id);
    if (known !== undefined) return known;
    const name = schema === undefined ? `${this.#name}.jsonl` : `${this.#name}-${schema.id}.avro`;
    const pack = schema === undefined ? linesOf : blocksOf(schema);
    const made = new BufferedFile(join(this.#folder, name), this.#before.get(name), pack);
    this.#files.set(schema?.id, made);
    return made;
  }
}

/** Each row as a line. */
function linesOf(rows: readonly Uint8Array[]): Uint8Array {
  const lines = new Uint8Array(rows.reduce((sum, row) => sum + row.length + 1, 0));
  let at = 0;
  for (const row of rows) {
    lines.set(row, at);
    at += row.length;
    lines[at++] = LINE_FEED;
  }
  return lines;
}

/** Rows as one block of Avro, behind the head of the file where it is the first. */
function blocksOf(schema: WrittenSchema): Pack {
  return (parts, size) => {
    const head = size === 0 ? containerHead(schema.text, SYNC) : Buffer.alloc(0);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    return Buffer.concat([head, blockHead(parts.length, bytes), ...parts, SYNC]);
  };
}
