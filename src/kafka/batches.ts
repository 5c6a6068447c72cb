import { createRequire } from 'node:module';
import { PARTIAL, takeMessages } from './fetch-budget.ts';

/** As the driver reads an answer: what it has not read of it stands behind `offset`. */
interface Decoder {
  readonly buffer: Buffer;
  readonly offset: number;
  readInt32(): number;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
}

type ReadMessages = (answer: Decoder) => Promise<unknown[]>;

/** The places of two fields of a batch, and where its messages begin. Source: Kafka 4 Documentation, "Message Format", "Record Batch". */
const MAGIC_AT = 16;
const COUNT_AT = 57;
const MESSAGES_AT = 61;
/** Of batches since Kafka 0.11. */
const MAGIC = 2;

let isReplaced = false;

/**
 * Have the driver read batches by this room, before it has read any. Its own way makes each message of a batch an argument of one call, of which
 * some 120,000 overflow the stack, and believes whatever number a batch says to have.
 */
export function readBatchesAnew(): void {
  if (isReplaced) return;
  isReplaced = true;
  const require = createRequire(import.meta.url);
  const file = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js');
  const readOlder = require(file) as ReadMessages;
  const readBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
    bytes: Decoder,
  ) => Promise<{ readonly records: unknown[] }>;
  const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => Decoder;

  const readMessages: ReadMessages = async (answer) => {
    if (!isOfBatches(answer)) return readOlder(answer);
    const batches = new Decoder(answer.readBytes(answer.readInt32()));
    const messages: unknown[] = [];
    // Answers end where their bytes do, in the middle of a batch.
    while (batches.canReadBytes(MESSAGES_AT)) {
      try {
        takeMessages(Math.max(0, batches.buffer.readInt32BE(batches.offset + COUNT_AT)));
        const { records } = await readBatch(batches);
        for (const record of records) messages.push(record);
      } catch (error) {
        if ((error as Error).name === PARTIAL) break;
        throw error;
      }
    }
    return messages;
  };
  require.cache[file]!.exports = readMessages;
}

function isOfBatches({ buffer, offset }: Decoder): boolean {
  const at = offset + 4 + MAGIC_AT;
  return (
    at < buffer.length &&
    buffer.readInt8(at) === MAGIC &&
    buffer.readInt32BE(offset) <= buffer.length - offset - 4
  );
}
