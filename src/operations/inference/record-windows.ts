import { join } from 'node:path';
import { BufferedFile, type WrittenFile } from '../../base/files/buffered-file.ts';
import {
  HEAD_BYTES,
  type RecordBlock,
  TAIL_BYTES,
  wholeRecords,
} from '../../engine/formats/tfrecord/records.ts';
import { VarveError } from '../../errors.ts';

/**
 * Cut a TFRecord after every `records`th record, such as one of PredictionLogs as TensorFlow Serving logs requests.
 * @throws VarveError `request-invalid` where it is cut or damaged
 */
export async function* recordWindows(
  bytes: AsyncIterable<Uint8Array>,
  records: number,
  folder: string,
): AsyncGenerator<WrittenFile> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let made = 0;
  const next = () => new BufferedFile(join(folder, `${made++}.tfrecord`));
  let window = next();
  let inWindow = 0;
  let taken = 0;
  let wanted = HEAD_BYTES;
  for await (const piece of bytes) {
    pieces.push(piece);
    held += piece.length;
    if (held < wanted) continue;
    const block = wholeRecords(Buffer.concat(pieces));
    for (const record of recordsOf(block)) {
      taken++;
      window.add([record]);
      if (++inWindow < records) continue;
      yield window.written();
      window = next();
      inWindow = 0;
    }
    if (block.fault !== undefined) throw recordInvalid(taken + 1, block.fault);
    wanted = block.wanted;
    pieces = [block.bytes.subarray(block.end)];
    held = block.bytes.length - block.end;
  }
  if (held > 0) throw recordInvalid(taken + 1, 'the stream ends within it');
  if (inWindow > 0) yield window.written();
}

function recordInvalid(record: number, problem: string): VarveError {
  return new VarveError('request-invalid', `The request in record ${record} cannot be read: ${problem}`, {
    path: `record ${record}`,
    remedy: 'Copy the log anew once it is whole. The windows before this one were compared.',
  });
}

/** Each record with its head and its tail. */
function* recordsOf({ bytes, starts, ends }: RecordBlock): Generator<Buffer> {
  for (const [index, start] of starts.entries())
    yield bytes.subarray(start - HEAD_BYTES, ends[index]! + TAIL_BYTES);
}
