/**
 * TFRecord (https://www.tensorflow.org/tutorials/load_data/tfrecord): files of tf.Examples, SequenceExamples and PredictionLogs as tables. It
 * may not know other formats, nor statistics.
 */

import { isUtf8 } from 'node:buffer';
import type { Engine } from '../../duckdb.ts';
import type { SourceFile } from '../../source-file.ts';
import { BinaryFault } from '../binary-fault.ts';
import { assertNameable } from '../names.ts';
import { assertNames, recordError, unreadableRecord } from '../record-errors.ts';
import { readExample, readSequenceExample } from './example.ts';
import {
  type FeatureShape,
  type FeatureSink,
  FeatureSurvey,
  FeatureTable,
  SEQUENCE_COLUMN,
  Unforeseen,
} from './features.ts';
import { readPredictionLog } from './prediction-log.ts';
import { type RecordKind, recordKindOf } from './record-kind.ts';
import { recordBlocks } from './records.ts';
import { Wire } from './wire.ts';

/** Bytes of records that are looked through for their features before they are read, and all if the rest has others. */
const SURVEYED_BYTES = 16 * 1024 * 1024;

/**
 * Loads the tf.Examples, SequenceExamples or PredictionLogs of files into the table `relation`. A feature with one value in each record
 * that has it is a column of values, any other a column of lists.
 * @returns whether there are any columns
 * @throws VarveError `table-unreadable`, with the file and the number of the record
 */
export async function loadTfRecords(
  engine: Engine,
  files: readonly SourceFile[],
  relation: string,
  signal: AbortSignal,
): Promise<boolean> {
  const load = async (most: number) => {
    const shapes = await survey(files, most, signal);
    const columns = assertColumns(shapes, files[0]!);
    const table = await FeatureTable.create(engine, relation, shapes, (shape) => columns.get(shape)!);
    await readRecords(files, table, signal);
    table.end();
    return shapes.length > 0;
  };
  try {
    return await load(SURVEYED_BYTES);
  } catch (error) {
    if (!(error instanceof Unforeseen)) throw error;
    return load(Number.POSITIVE_INFINITY);
  }
}

async function survey(
  files: readonly SourceFile[],
  most: number,
  signal: AbortSignal,
): Promise<FeatureShape[]> {
  const seen = new FeatureSurvey();
  await readRecords(files, seen, signal, () => seen.bytes < most);
  return seen.shapes();
}

/** @param goesOn asked once in a while */
async function readRecords(
  files: readonly SourceFile[],
  sink: FeatureSink,
  signal: AbortSignal,
  goesOn: () => boolean = () => true,
): Promise<void> {
  for (const file of files) {
    const decoder = new RecordDecoder(sink);
    try {
      for await (const { bytes, starts, ends } of recordBlocks(file, signal)) {
        const wire = new Wire(bytes);
        for (let index = 0; index < starts.length; index++)
          decoder.decode(wire, starts[index]!, ends[index]!);
        if (!goesOn()) return;
      }
    } catch (error) {
      throw recordError(error, file, decoder.record);
    }
  }
}

/** Decodes the records of one file, which are all of one kind. */
class RecordDecoder {
  /** The record that is being decoded, counted from 1. */
  record = 1;
  readonly #sink: FeatureSink;
  /** As the first record that is not empty tells. */
  #kind: RecordKind | undefined;

  constructor(sink: FeatureSink) {
    this.#sink = sink;
  }

  decode(wire: Wire, start: number, end: number): void {
    const sink = this.#sink;
    const kind = this.#kind ?? this.#kindOf(wire, start, end);
    if (kind === 'prediction-log') readPredictionLog(wire, start, end, sink);
    else {
      if (kind === 'sequence-example') readSequenceExample(wire, start, end, sink);
      else readExample(wire, start, end, sink);
      sink.endRow(end - start);
    }
    this.record++;
  }

  #kindOf(wire: Wire, start: number, end: number): RecordKind {
    if (start === end) return 'example';
    const kind = recordKindOf(wire.bytes.subarray(0, end), start, end);
    if (kind === undefined)
      throw new BinaryFault('it is neither a tf.Example nor a SequenceExample nor a PredictionLog');
    if (kind === 'statistics') throw new BinaryFault('it holds statistics of TFDV, and no data');
    // An Example may be a SequenceExample whose feature lists are empty.
    this.#kind = kind === 'example' ? 'sequence-example' : kind;
    return this.#kind;
  }
}

/** @returns the names of the columns */
function assertColumns(shapes: readonly FeatureShape[], file: SourceFile): Map<FeatureShape, string> {
  const names = new Map(shapes.map((shape) => [shape, shape.key.toString()]));
  for (const [shape, name] of names)
    if (!isUtf8(shape.key))
      throw unreadableRecord(file, undefined, `the name of a feature is not UTF-8: ${JSON.stringify(name)}`);
  const namesOf = (inSequence: boolean) =>
    shapes.filter((shape) => shape.inSequence === inSequence).map((shape) => names.get(shape)!);
  const context = namesOf(false);
  const sequences = namesOf(true);
  assertNameable(
    [...context, ...sequences].filter((name) => name.includes('\0')),
    file,
  );
  assertNames([...context, ...(sequences.length > 0 ? [SEQUENCE_COLUMN] : [])], file);
  assertNames(sequences, file);
  return names;
}
