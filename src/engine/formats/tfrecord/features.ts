import {
  BooleanBuilder,
  type ColumnBuilder,
  ListBuilder,
  StructBuilder,
  TextBuilder,
  type ValueBuilder,
  WordsBuilder,
} from '../../chunks/column-builders.ts';
import { type NamedColumn, TableWriter } from '../../chunks/table-writer.ts';
import type { Engine } from '../../duckdb.ts';
import { BinaryFault } from '../binary-fault.ts';

/** What the values of a feature are: the three lists of tf.Example, and what tensors have beside. */
export type FeatureKind = 'bytes' | 'float' | 'int64' | 'double' | 'boolean';

/** What is known of a feature once records were looked through. */
export interface FeatureShape {
  /** The bytes of its name. */
  readonly key: Buffer;
  /** Whether it is of the feature lists of SequenceExamples. */
  readonly inSequence: boolean;
  /** Undefined as long as no record has values of it. */
  kind: FeatureKind | undefined;
  /** Whether a record has another number of values than one. */
  isList: boolean;
  /** Whether all values are UTF-8. */
  isText: boolean;
}

/** Takes the features of records. `open` and `close` enclose the values of one; `openSequence` and `closeSequence` those of a list of them. */
export interface FeatureSink {
  /** @returns the column to which the values are to be added; it may be another one each time */
  open(bytes: Buffer, start: number, end: number, kind: FeatureKind): ValueBuilder;
  /** @param count how many values were added */
  close(count: number): void;
  /** A feature of which there is nothing but the name. */
  leaveEmpty(bytes: Buffer, start: number, end: number): void;
  openSequence(bytes: Buffer, start: number, end: number): void;
  openElement(kind: FeatureKind): ValueBuilder;
  /** An element of which there is nothing. */
  addEmptyElement(): void;
  closeSequence(): void;
  /** @param bytes that the row took in its record */
  endRow(bytes: number): void;
}

/** The column whose fields are the feature lists, as TensorFlow Metadata names their place. */
export const SEQUENCE_COLUMN = '##SEQUENCE##';

/** More columns than these are no table that anybody reads. */
const MAX_FEATURES = 100_000;

/** One feature, found by the bytes of its name. */
class Slot {
  readonly shape: FeatureShape;
  /** The feature that came behind it last time: most likely it does so again. */
  next: Slot | undefined;

  constructor(shape: FeatureShape) {
    this.shape = shape;
  }
}

class Slots<S extends Slot> {
  readonly all = new Map<string, S>();
  #last: S | undefined;

  /** @returns undefined where there is none of this name */
  find(bytes: Buffer, start: number, end: number): S | undefined {
    const guess = this.#last?.next as S | undefined;
    if (guess !== undefined && isKey(guess.shape.key, bytes, start, end)) return this.#follow(guess);
    const found = this.all.get(bytes.toString('latin1', start, end));
    return found && this.#follow(found);
  }

  add(slot: S): S {
    if (this.all.size === MAX_FEATURES) throw new BinaryFault(`with it there are more than 100,000 features`);
    this.all.set(slot.shape.key.toString('latin1'), slot);
    return this.#follow(slot);
  }

  #follow(slot: S): S {
    if (this.#last !== undefined) this.#last.next = slot;
    this.#last = slot;
    return slot;
  }
}

function isKey(key: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let index = 0; index < key.length; index++) if (key[index] !== bytes[start + index]) return false;
  return true;
}

function refuseTwice({ shape }: Slot): never {
  throw new BinaryFault(`its feature ${shown(shape)} is there twice`);
}

function shown({ key }: FeatureShape): string {
  return JSON.stringify(key.toString());
}

function valueColumn(kind: FeatureKind | undefined, isText: boolean): ValueBuilder {
  if (kind === 'int64') return new WordsBuilder('BIGINT', 2);
  if (kind === 'float') return new WordsBuilder('FLOAT', 1);
  if (kind === 'double') return new WordsBuilder('DOUBLE', 2);
  if (kind === 'boolean') return new BooleanBuilder();
  return new TextBuilder(isText ? 'VARCHAR' : 'BLOB');
}

/** Finds out which features records have, and what each is. Forgets their values. */
export class FeatureSurvey implements FeatureSink {
  readonly #context = new Slots<SurveyedSlot>();
  readonly #sequences = new Slots<SurveyedSlot>();
  #row = 1;
  #open!: SurveyedSlot;
  /** Of the rows that were seen. */
  bytes = 0;

  open(bytes: Buffer, start: number, end: number, kind: FeatureKind): ValueBuilder {
    this.#open = this.#slot(this.#context, bytes, start, end);
    return this.#open.valuesOf(kind);
  }

  close(count: number): void {
    this.#open.close(count);
  }

  leaveEmpty(bytes: Buffer, start: number, end: number): void {
    this.#slot(this.#context, bytes, start, end);
  }

  openSequence(bytes: Buffer, start: number, end: number): void {
    this.#open = this.#slot(this.#sequences, bytes, start, end);
  }

  openElement(kind: FeatureKind): ValueBuilder {
    return this.#open.valuesOf(kind);
  }

  addEmptyElement(): void {
    // Null, which every kind of element can be.
  }

  closeSequence(): void {
    // Its elements told all that is asked.
  }

  endRow(bytes: number): void {
    this.#row++;
    this.bytes += bytes;
  }

  /** All features, in the order of their names' bytes. */
  shapes(): FeatureShape[] {
    const slots = [...this.#context.all.values(), ...this.#sequences.all.values()];
    return slots.map(({ shape }) => shape).sort((a, b) => Buffer.compare(a.key, b.key));
  }

  #slot(slots: Slots<SurveyedSlot>, bytes: Buffer, start: number, end: number): SurveyedSlot {
    const inSequence = slots === this.#sequences;
    const slot =
      slots.find(bytes, start, end) ??
      slots.add(new SurveyedSlot(newShape(Buffer.from(bytes.subarray(start, end)), inSequence)));
    if (slot.row === this.#row) refuseTwice(slot);
    slot.row = this.#row;
    return slot;
  }
}

function newShape(key: Buffer, inSequence: boolean): FeatureShape {
  return { key, inSequence, kind: undefined, isList: false, isText: true };
}

class SurveyedSlot extends Slot {
  /** The number of the row in which it was seen last, from 1. */
  row = 0;
  /** Values to be forgotten. */
  #values: ValueBuilder | undefined;

  valuesOf(kind: FeatureKind): ValueBuilder {
    this.shape.kind ??= kind;
    if (this.shape.kind !== kind)
      throw new BinaryFault(
        `its feature ${shown(this.shape)} is of type ${kind}, and was of type ${this.shape.kind} before`,
      );
    this.#values ??= valueColumn(kind, false);
    return this.#values;
  }

  close(count: number): void {
    if (count !== 1) this.shape.isList = true;
    if (this.#values instanceof TextBuilder && !this.#values.isUtf8) this.shape.isText = false;
    this.#values?.clear();
  }
}

/** A record that has what those that were looked through had not. */
export class Unforeseen extends Error {}

/** Writes the features of records to a new table. Those that a record lacks are null. */
export class FeatureTable implements FeatureSink {
  readonly #writer: TableWriter;
  readonly #context: Slots<LoadedSlot>;
  readonly #sequences: Slots<LoadedSlot>;
  readonly #sequenceColumn: StructBuilder | undefined;
  #open!: LoadedSlot;

  private constructor(
    writer: TableWriter,
    context: Slots<LoadedSlot>,
    sequences: Slots<LoadedSlot>,
    sequenceColumn: StructBuilder | undefined,
  ) {
    this.#writer = writer;
    this.#context = context;
    this.#sequences = sequences;
    this.#sequenceColumn = sequenceColumn;
  }

  /** @param nameOf gives the name of a feature's column */
  static async create(
    engine: Engine,
    table: string,
    shapes: readonly FeatureShape[],
    nameOf: (shape: FeatureShape) => string,
  ): Promise<FeatureTable> {
    const context = new Slots<LoadedSlot>();
    const sequences = new Slots<LoadedSlot>();
    const columns: NamedColumn[] = [];
    const fields: NamedColumn[] = [];
    for (const shape of shapes) {
      const { column } = (shape.inSequence ? sequences : context).add(new LoadedSlot(shape));
      (shape.inSequence ? fields : columns).push({ name: nameOf(shape), column });
    }
    const struct = fields.length > 0 ? new StructBuilder(fields) : undefined;
    if (struct !== undefined) columns.push({ name: SEQUENCE_COLUMN, column: struct });
    return new FeatureTable(await TableWriter.create(engine, table, columns), context, sequences, struct);
  }

  open(bytes: Buffer, start: number, end: number, kind: FeatureKind): ValueBuilder {
    this.#open = this.#slot(this.#context, bytes, start, end);
    return this.#open.valuesOf(kind);
  }

  close(count: number): void {
    this.#open.close(count);
  }

  leaveEmpty(bytes: Buffer, start: number, end: number): void {
    this.#slot(this.#context, bytes, start, end).column.addNull();
  }

  openSequence(bytes: Buffer, start: number, end: number): void {
    this.#open = this.#slot(this.#sequences, bytes, start, end);
    this.#open.startSequence();
  }

  openElement(kind: FeatureKind): ValueBuilder {
    return this.#open.valuesOf(kind);
  }

  addEmptyElement(): void {
    this.#open.addNull();
  }

  closeSequence(): void {
    this.#open.closeSequence();
  }

  endRow(bytes: number): void {
    this.#sequenceColumn?.add();
    if (this.#writer.endRow(bytes)) this.#writer.write();
  }

  /** Writes what is left. */
  end(): void {
    this.#writer.write();
    this.#writer.close();
  }

  #slot(slots: Slots<LoadedSlot>, bytes: Buffer, start: number, end: number): LoadedSlot {
    const slot = slots.find(bytes, start, end);
    if (slot === undefined) throw new Unforeseen();
    const { column } = slot;
    const { rows } = this.#writer;
    if (column.rows > rows) refuseTwice(slot);
    while (column.rows < rows) column.addNull();
    return slot;
  }
}

class LoadedSlot extends Slot {
  /** The column of the table, or the field. */
  readonly column: ColumnBuilder;
  readonly #values: ValueBuilder;
  readonly #list: ListBuilder | undefined;
  readonly #sequence: ListBuilder | undefined;
  #elementsBefore = 0;

  constructor(shape: FeatureShape) {
    super(shape);
    this.#values = valueColumn(shape.kind, shape.isText);
    this.#list = shape.isList ? new ListBuilder(this.#values) : undefined;
    const element = this.#list ?? this.#values;
    this.#sequence = shape.inSequence ? new ListBuilder(element) : undefined;
    this.column = this.#sequence ?? element;
  }

  valuesOf(kind: FeatureKind): ValueBuilder {
    if (kind !== this.shape.kind) throw new Unforeseen();
    return this.#values;
  }

  close(count: number): void {
    if (this.shape.isText && this.#values instanceof TextBuilder && !this.#values.isUtf8)
      throw new Unforeseen();
    if (this.#list !== undefined) this.#list.add(count);
    else if (count !== 1) throw new Unforeseen();
  }

  addNull(): void {
    (this.#list ?? this.#values).addNull();
  }

  startSequence(): void {
    this.#elementsBefore = this.#sequence!.child.rows;
  }

  closeSequence(): void {
    this.#sequence!.add(this.#sequence!.child.rows - this.#elementsBefore);
  }
}
