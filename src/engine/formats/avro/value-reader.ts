import type { ColumnBuilder } from '../../chunks/column-builders.ts';
import type { AvroInput } from './input.ts';

/** A column, and how a value of it is read: by adding it there. */
export interface ValueReader {
  readonly column: ColumnBuilder;
  /** Whether values take no byte. */
  readonly takesNothing: boolean;
  read(input: AvroInput): void;
}
