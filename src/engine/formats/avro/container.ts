import { type FileHandle, open } from 'node:fs/promises';
import type { SourceFile } from '../../source-file.ts';
import { BinaryFault } from '../binary-fault.ts';
import { type BlockCodec, codecOf, MAX_BLOCK_BYTES } from './codecs.ts';
import { AvroInput } from './input.ts';
import type { AvroSchema } from './schema.ts';

/**
 * Object container files: a head with the schema, then blocks of records, each closed by the same 16 bytes.
 * @see https://avro.apache.org/docs/1.12.0/specification/#object-container-files
 */
const MAGIC = Buffer.from('Obj\x01');
const SYNC_BYTES = 16;
/** The most bytes of the head: its schema and what else a writer puts there. */
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

export interface AvroBlock {
  readonly records: number;
  readonly input: AvroInput;
}

/** An open file. Close it. */
export class AvroFile {
  readonly schema: AvroSchema;
  /** The schema as it stands in the file. */
  readonly schemaText: string;
  readonly #bytes: FileBytes;
  readonly #codec: BlockCodec;
  readonly #sync: Buffer;

  private constructor(bytes: FileBytes, schemaText: string, codec: BlockCodec, sync: Buffer) {
    this.#bytes = bytes;
    this.schemaText = schemaText;
    this.schema = parsed(schemaText);
    this.#codec = codec;
    this.#sync = sync;
  }

  /** @throws BinaryFault where it is no such file, or compressed as varve does not read */
  static async open({ absolutePath }: SourceFile): Promise<AvroFile> {
    const file = await open(absolutePath, 'r');
    try {
      const bytes = new FileBytes(file, (await file.stat()).size);
      if (!(await bytes.upTo(MAGIC.length)).equals(MAGIC))
        throw new BinaryFault('it is no object container file of Avro');
      await bytes.take(MAGIC.length);
      const head = await readHead(bytes);
      const schema = head.get('avro.schema');
      if (schema === undefined) throw new BinaryFault('it has no schema');
      const codec = codecOf(head.get('avro.codec')?.toString() ?? 'null');
      return new AvroFile(bytes, schema.toString(), codec, Buffer.from(await bytes.take(SYNC_BYTES)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** @throws BinaryFault where the file is cut or damaged */
  async *blocks(): AsyncGenerator<AvroBlock> {
    const bytes = this.#bytes;
    while (!(await bytes.isAtEnd())) {
      const records = await bytes.long();
      const length = await bytes.long();
      if (!(records >= 0 && length >= 0 && length <= MAX_BLOCK_BYTES))
        throw new BinaryFault('the head of its block is damaged, or the block is longer than 128 MiB');
      const content = this.#codec(await bytes.take(length));
      yield { records, input: new AvroInput(content) };
      if (!(await bytes.take(SYNC_BYTES)).equals(this.#sync))
        throw new BinaryFault('its block does not end as blocks do');
    }
  }

  close(): Promise<void> {
    return this.#bytes.close();
  }
}

/** The head of a file of records that are not compressed. @param sync 16 bytes that end each block */
export function containerHead(schemaText: string, sync: Buffer): Buffer {
  const schema = Buffer.from(schemaText);
  const key = Buffer.from('avro.schema');
  const entry = [longBytes(key.length), key, longBytes(schema.length), schema];
  return Buffer.concat([MAGIC, longBytes(1), ...entry, longBytes(0), sync]);
}

/** What stands before the records of a block; behind them stand the bytes that end it. */
export function blockHead(records: number, bytes: number): Buffer {
  return Buffer.concat([longBytes(records), longBytes(bytes)]);
}

/** A number that is not negative, as Avro writes them. */
function longBytes(value: number): Buffer {
  const bytes: number[] = [];
  let left = value * 2;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

function parsed(text: string): AvroSchema {
  try {
    return JSON.parse(text) as AvroSchema;
  } catch {
    throw new BinaryFault('its schema is not JSON');
  }
}

/** A map from texts to bytes. */
async function readHead(bytes: FileBytes): Promise<Map<string, Buffer>> {
  const head = new Map<string, Buffer>();
  let size = 0;
  const part = async () => {
    const length = await bytes.long();
    size += length;
    if (!(length >= 0 && size <= MAX_HEAD_BYTES))
      throw new BinaryFault('its head is damaged, or longer than 16 MiB');
    return Buffer.from(await bytes.take(length));
  };
  for (;;) {
    let count = await bytes.long();
    if (count === 0) return head;
    if (count < 0) {
      count = -count;
      await bytes.long();
    }
    for (let index = 0; index < count; index++) head.set((await part()).toString(), await part());
  }
}

/** How much of a file is read in one turn. */
const PIECE = 1024 * 1024;

/** The bytes of a file one after the other. */
class FileBytes {
  readonly #file: FileHandle;
  readonly #size: number;
  /** Read from the file, up to `#position` there. */
  #held = Buffer.alloc(0);
  #at = 0;
  #position = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async isAtEnd(): Promise<boolean> {
    return (await this.upTo(1)).length === 0;
  }

  /** Takes the next bytes, which stay as they are. */
  async take(count: number): Promise<Buffer> {
    const left = this.#size - this.#position + this.#held.length - this.#at;
    if (count > left) throw new BinaryFault('the file ends within it');
    const taken = await this.upTo(count);
    if (taken.length < count) throw new BinaryFault('the file ends within it');
    this.#at += count;
    return taken;
  }

  /** Shows the next bytes, fewer at the end of the file. */
  async upTo(count: number): Promise<Buffer> {
    while (this.#held.length - this.#at < count) {
      const kept = this.#held.subarray(this.#at);
      const wanted = Buffer.allocUnsafe(kept.length + Math.max(PIECE, count - kept.length));
      kept.copy(wanted);
      const { bytesRead } = await this.#file.read(
        wanted,
        kept.length,
        wanted.length - kept.length,
        this.#position,
      );
      this.#position += bytesRead;
      this.#held = wanted.subarray(0, kept.length + bytesRead);
      this.#at = 0;
      if (bytesRead === 0) break;
    }
    return this.#held.subarray(this.#at, this.#at + count);
  }

  /** Reads a number, of which a double holds all that can be. */
  async long(): Promise<number> {
    const input = new AvroInput(await this.upTo(10));
    const number = input.count();
    this.#at += input.at;
    return number;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
