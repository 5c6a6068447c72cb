/**
 * Avro: object container files (https://avro.apache.org/docs/1.12.0/specification/) as tables, by the schema in each. It may not know other
 * formats.
 */

import { TableWriter } from '../../chunks/table-writer.ts';
import type { Engine } from '../../duckdb.ts';
import { identifier } from '../../quote.ts';
import type { SourceFile } from '../../source-file.ts';
import { BinaryFault } from '../binary-fault.ts';
import { assertNameable } from '../names.ts';
import { assertNames, recordError } from '../record-errors.ts';
import { AvroFile } from './container.ts';
import { type RecordReader, recordReader } from './values.ts';

/** Records of one schema, whose columns are kept from file to file. */
interface OpenTable {
  readonly schemaText: string;
  readonly reader: RecordReader;
  readonly writer: TableWriter;
  readonly name: string;
}

/**
 * Loads Avro's object container files as the relation `relation`. Files of other schemas beside each other meet by the names of their
 * columns.
 * @returns whether there are any columns
 * @throws VarveError `table-unreadable`, with the file and the number of the record
 */
export async function loadAvro(
  engine: Engine,
  files: readonly SourceFile[],
  relation: string,
  signal: AbortSignal,
): Promise<boolean> {
  const tables: OpenTable[] = [];
  for (const file of files) await loadFile(engine, file, tables, relation, signal);
  for (const { writer } of tables) {
    writer.write();
    writer.close();
  }
  const parts = tables.map(({ name }) => `FROM ${identifier(name)}`);
  await engine.query(`CREATE VIEW ${identifier(relation)} AS ${parts.join(' UNION ALL BY NAME ')}`);
  return tables.some(({ reader }) => reader.columns.length > 0);
}

async function loadFile(
  engine: Engine,
  file: SourceFile,
  tables: OpenTable[],
  relation: string,
  signal: AbortSignal,
): Promise<void> {
  let record: number | undefined;
  let avro: AvroFile | undefined;
  try {
    avro = await AvroFile.open(file);
    const last = tables.at(-1);
    const table =
      last?.schemaText === avro.schemaText
        ? last
        : await openTable(engine, avro, file, `${relation} ${tables.length}`);
    if (table !== last) tables.push(table);
    const { reader, writer } = table;
    record = 1;
    for await (const { records, input } of avro.blocks()) {
      signal.throwIfAborted();
      input.expect(records, reader.takesNothing);
      for (let index = 0; index < records; index++) {
        const start = input.at;
        reader.read(input);
        if (writer.endRow(input.at - start)) writer.write();
        record++;
      }
      if (input.at < input.bytes.length) throw new BinaryFault('its block goes on behind its last record');
    }
  } catch (error) {
    throw recordError(error, file, record);
  } finally {
    await avro?.close();
  }
}

async function openTable(engine: Engine, avro: AvroFile, file: SourceFile, name: string): Promise<OpenTable> {
  const assertFields = (names: readonly string[]) => {
    assertNameable(
      names.filter((each) => each.includes('\0')),
      file,
    );
    assertNames(names, file);
  };
  const reader = recordReader(avro.schema, assertFields);
  const writer = await TableWriter.create(engine, name, reader.columns);
  return { schemaText: avro.schemaText, reader, writer, name };
}
