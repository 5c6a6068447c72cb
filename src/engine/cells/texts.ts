import { isUtf8 } from 'node:buffer';
import { TextBuilder } from '../chunks/column-builders.ts';
import { ColumnCells } from './cells.ts';

/** The engine's row for a text or bytes, besides those that do not fit into it. */
const SLOT_BYTES = 16;

export class BytesCells extends ColumnCells {
  column: TextBuilder;

  constructor(type: string) {
    super(type, SLOT_BYTES);
    this.column = new TextBuilder(type === 'BLOB' ? 'BLOB' : 'VARCHAR');
  }

  override addNull(): void {
    this.size = SLOT_BYTES;
    super.addNull();
  }

  addBytes(source: Buffer, start: number, end: number): void {
    this.size = SLOT_BYTES + end - start;
    this.column.add(source, start, end);
  }
}

/** Texts. What is no UTF-8, as an old server may have it, is read as decoders read it: with a mark in place of each wrong byte. */
export class TextCells extends BytesCells {
  override addBytes(source: Buffer, start: number, end: number): void {
    super.addBytes(source, start, end);
    if (this.column.isUtf8 || isUtf8(source.subarray(start, end))) return;
    this.column.dropLast();
    this.column.isUtf8 = true;
    const text = Buffer.from(source.toString('utf8', start, end));
    super.addBytes(text, 0, text.length);
  }
}
