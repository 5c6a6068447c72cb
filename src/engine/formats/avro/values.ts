import {
  BooleanBuilder,
  type ColumnBuilder,
  ListBuilder,
  StructBuilder,
  TextBuilder,
  WordsBuilder,
} from '../../chunks/column-builders.ts';
import type { NamedColumn } from '../../chunks/table-writer.ts';
import { BinaryFault } from '../binary-fault.ts';
import type { AvroInput } from './input.ts';
import { logicalReader, sizeOf } from './logical-types.ts';
import { type AvroDefinition, type AvroSchema, NamedTypes, schemasOf } from './schema.ts';
import type { ValueReader } from './value-reader.ts';

/** Nesting that no table has; what reads it calls itself for each level. */
const MAX_DEPTH = 128;
/** A few named types that hold each other twice make any number of columns. */
const MAX_COLUMNS = 100_000;

/** Where no field gives the values a name: the schema of the file is no record. */
const LONE_COLUMN = 'value';

/** The columns of a file, and what reads a record into them. */
export interface RecordReader {
  readonly columns: readonly NamedColumn[];
  readonly takesNothing: boolean;
  /** What reads each column. */
  readonly readers: readonly Pick<ValueReader, 'read'>[];
  read(input: AvroInput): void;
}

/**
 * Makes readers of what a schema describes.
 * @param assertFields refuses names of fields beside each other
 * @throws BinaryFault where it is no schema of Avro, or of values that no columns hold
 */
export function recordReader(
  schema: AvroSchema,
  assertFields: (names: readonly string[]) => void,
): RecordReader {
  const compiler = new Compiler(assertFields);
  const definition = schema as AvroDefinition;
  if (typeof schema === 'string' || Array.isArray(schema) || definition.type !== 'record') {
    const reader = compiler.reader(schema, '', 0);
    const columns = [{ name: LONE_COLUMN, column: reader.column }];
    return {
      columns,
      takesNothing: reader.takesNothing,
      readers: [reader],
      read: (input) => reader.read(input),
    };
  }
  return compiler.fields(definition, '', 0);
}

class Compiler {
  readonly #types = new NamedTypes();
  readonly #assertFields: (names: readonly string[]) => void;
  #columns = 0;

  constructor(assertFields: (names: readonly string[]) => void) {
    this.#assertFields = assertFields;
  }

  reader(schema: unknown, namespace: string, depth: number): ValueReader {
    if (depth > MAX_DEPTH)
      throw new BinaryFault(`the values of its schema are nested more than ${MAX_DEPTH} levels deep`);
    if (++this.#columns > MAX_COLUMNS) throw new BinaryFault('its schema makes more than 100,000 columns');
    if (typeof schema === 'string') return this.#named(schema, namespace, depth);
    if (Array.isArray(schema)) return this.#union(schema, namespace, depth);
    if (typeof schema !== 'object' || schema === null) throw new BinaryFault('its schema is none of Avro');
    return this.#defined(schema as AvroDefinition, namespace, depth);
  }

  fields(definition: AvroDefinition, outer: string, depth: number): RecordReader {
    const { fullName, namespace } = this.#types.define(definition, outer);
    return this.#types.within(fullName, () => {
      const fields = schemasOf(definition.fields, 'list of fields') as readonly AvroDefinition[];
      const names = fields.map((field) => String(field?.name ?? ''));
      this.#assertFields(names);
      const readers = fields.map((field) => this.reader(field.type, namespace, depth + 1));
      return {
        columns: readers.map(({ column }, index) => ({ name: names[index]!, column })),
        takesNothing: readers.every(({ takesNothing }) => takesNothing),
        readers,
        read(input) {
          for (const reader of readers) reader.read(input);
        },
      };
    });
  }

  #named(name: string, namespace: string, depth: number): ValueReader {
    const primitive = PRIMITIVES[name];
    if (primitive !== undefined) return primitive();
    const found = this.#types.find(name, namespace);
    return this.#defined(found.definition, found.namespace, depth);
  }

  #defined(definition: AvroDefinition, namespace: string, depth: number): ValueReader {
    const { type } = definition;
    if (type === 'record' || type === 'error') return structReader(this.fields(definition, namespace, depth));
    if (type === 'enum' || type === 'fixed') this.#types.define(definition, namespace);
    const logical = logicalReader(definition);
    if (logical !== undefined) return logical;
    if (type === 'enum') return enumReader(schemasOf(definition.symbols, 'list of symbols'));
    if (type === 'fixed') return fixedReader(sizeOf(definition));
    if (type === 'array') return listReader(this.reader(definition.items, namespace, depth + 1));
    if (type === 'map') return this.#map(definition, namespace, depth);
    return this.reader(type, namespace, depth + 1);
  }

  #map(definition: AvroDefinition, namespace: string, depth: number): ValueReader {
    const key = textReader();
    const value = this.reader(definition.values, namespace, depth + 1);
    const columns = [
      { name: 'key', column: key.column },
      { name: 'value', column: value.column },
    ];
    const read = (input: AvroInput) => {
      key.read(input);
      value.read(input);
    };
    return listReader(structReader({ columns, takesNothing: false, readers: [key, value], read }));
  }

  /** Null beside one type makes that type nullable; of several types, each is a field by its name. */
  #union(branches: readonly AvroSchema[], namespace: string, depth: number): ValueReader {
    const readers = branches.map((branch) =>
      isNull(branch) ? undefined : this.reader(branch, namespace, depth + 1),
    );
    const fields = readers.flatMap((reader, index) =>
      reader === undefined ? [] : [{ name: branchName(branches[index]!), column: reader.column }],
    );
    if (fields.length === 0) return unionReader(readers, new TextBuilder('VARCHAR'));
    if (fields.length === 1) return unionReader(readers, fields[0]!.column);
    this.#assertFields(fields.map(({ name }) => name));
    return structUnionReader(readers, new StructBuilder(fields));
  }
}

function isNull(branch: AvroSchema): boolean {
  return branch === 'null' || (branch as AvroDefinition | null)?.type === 'null';
}

function branchName(branch: AvroSchema): string {
  if (typeof branch === 'string') return branch.slice(branch.lastIndexOf('.') + 1);
  const { name, type } = branch as AvroDefinition;
  const full = String(name ?? type);
  return full.slice(full.lastIndexOf('.') + 1);
}

/** Reads which branch a value is of: a reader, or undefined for null. */
function branchOf(readers: readonly (ValueReader | undefined)[], input: AvroInput): ValueReader | undefined {
  const index = input.count();
  if (!(index >= 0 && index < readers.length)) throw new BinaryFault('a union of it has no such branch');
  return readers[index];
}

function unionReader(readers: readonly (ValueReader | undefined)[], column: ColumnBuilder): ValueReader {
  const read = (input: AvroInput) => {
    const reader = branchOf(readers, input);
    if (reader === undefined) column.addNull();
    else reader.read(input);
  };
  return { column, takesNothing: false, read };
}

function structUnionReader(
  readers: readonly (ValueReader | undefined)[],
  column: StructBuilder,
): ValueReader {
  const read = (input: AvroInput) => {
    const branch = branchOf(readers, input);
    if (branch === undefined) {
      column.addNull();
      return;
    }
    for (const reader of readers) {
      if (reader === branch) reader.read(input);
      else reader?.column.addNull();
    }
    column.add();
  };
  return { column, takesNothing: false, read };
}

function structReader({ columns, takesNothing, read }: RecordReader): ValueReader {
  // The engine has no struct without fields: that it is there is all that can be said of one.
  if (columns.length === 0) return nothingReader();
  const column = new StructBuilder(columns);
  return {
    column,
    takesNothing,
    read(input) {
      read(input);
      column.add();
    },
  };
}

function nothingReader(): ValueReader {
  const column = new BooleanBuilder();
  return { column, takesNothing: true, read: () => column.add(true) };
}

/** Items stand in blocks, each behind their number; a negative one is followed by the block's length in bytes. */
function listReader(item: ValueReader): ValueReader {
  const column = new ListBuilder(item.column);
  const read = (input: AvroInput) => {
    let items = 0;
    for (;;) {
      let count = input.count();
      if (count === 0) break;
      if (count < 0) {
        count = -count;
        input.count();
      }
      input.expect(count, item.takesNothing);
      for (let index = 0; index < count; index++) item.read(input);
      items += count;
    }
    column.add(items);
  };
  return { column, takesNothing: false, read };
}

const PRIMITIVES: Readonly<Record<string, () => ValueReader>> = {
  null: () => {
    const column = new TextBuilder('VARCHAR');
    return { column, takesNothing: true, read: () => column.addNull() };
  },
  boolean: () => {
    const column = new BooleanBuilder();
    return { column, takesNothing: false, read: (input) => column.add(input.bytes[input.take(1)] !== 0) };
  },
  int: () => {
    const column = new WordsBuilder('INTEGER', 1);
    return { column, takesNothing: false, read: (input) => column.add(input.int()) };
  },
  long: () => {
    const column = new WordsBuilder('BIGINT', 2);
    const read = (input: AvroInput) => {
      input.long();
      column.add64(input.low, input.high);
    };
    return { column, takesNothing: false, read };
  },
  float: () => numberReader('FLOAT', 1),
  double: () => numberReader('DOUBLE', 2),
  bytes: () => {
    const column = new TextBuilder('BLOB');
    const read = (input: AvroInput) => {
      const start = input.take(input.count());
      column.add(input.bytes, start, input.at);
    };
    return { column, takesNothing: false, read };
  },
  string: textReader,
};

function numberReader(sql: string, words: 1 | 2): ValueReader {
  const column = new WordsBuilder(sql, words);
  return {
    column,
    takesNothing: false,
    read: (input) => column.addBytes(input.bytes, input.take(4 * words), 1),
  };
}

function textReader(): ValueReader {
  const column = new TextBuilder('VARCHAR');
  const read = (input: AvroInput) => {
    const start = input.take(input.count());
    column.add(input.bytes, start, input.at);
    if (!column.isUtf8) throw new BinaryFault('a text of it is not UTF-8');
  };
  return { column, takesNothing: false, read };
}

function enumReader(symbols: readonly unknown[]): ValueReader {
  const column = new TextBuilder('VARCHAR');
  const texts = symbols.map((symbol) => Buffer.from(String(symbol)));
  const read = (input: AvroInput) => {
    const text = texts[input.count()];
    if (text === undefined) throw new BinaryFault('an enum of it has no such symbol');
    column.add(text, 0, text.length);
  };
  return { column, takesNothing: false, read };
}

function fixedReader(size: number): ValueReader {
  const column = new TextBuilder('BLOB');
  const read = (input: AvroInput) => {
    const start = input.take(size);
    column.add(input.bytes, start, input.at);
  };
  return { column, takesNothing: size === 0, read };
}
