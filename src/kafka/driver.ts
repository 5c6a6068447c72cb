import type * as Kafkajs from 'kafkajs';
import { VarveError } from '../errors.ts';
import { readBatchesAnew } from './batches.ts';
import { DECOMPRESSORS } from './compression.ts';

const PACKAGE = 'kafkajs';

/**
 * Load the package that speaks Kafka's protocol.
 * @param load imports it: in the caller's words, since bundlers look for them
 * @throws VarveError `driver-missing`
 */
export async function loadDriver(
  load: () => Promise<unknown> = () => import('kafkajs'),
): Promise<typeof Kafkajs> {
  let driver: typeof Kafkajs;
  try {
    // Of a CommonJS package, Node finds not every name.
    driver = ((await load()) as { default: typeof Kafkajs }).default;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new VarveError('driver-missing', `Topics of Kafka need ${PACKAGE}, which is not installed`, {
      path: PACKAGE,
      remedy: `Run \`npm install ${PACKAGE}\` where varve is a package of a project, \`npm install --global ${PACKAGE}\` where it is global.`,
    });
  }
  // Codecs are registered once for all its clients.
  const { CompressionCodecs, CompressionTypes } = driver;
  const codecs = CompressionCodecs as Record<number, unknown>;
  codecs[CompressionTypes.GZIP] = () => DECOMPRESSORS.gzip;
  codecs[CompressionTypes.Snappy] = () => DECOMPRESSORS.snappy;
  codecs[CompressionTypes.LZ4] = () => DECOMPRESSORS.lz4;
  codecs[CompressionTypes.ZSTD] = () => DECOMPRESSORS.zstd;
  await leaveHeaders();
  readBatchesAnew();
  return driver;
}

/**
 * Have the driver leave the headers of records alone, which nobody here reads: it believes whatever number of them a record says, and takes
 * time by the square of it. A record is a piece of its own, and they stand at its end.
 */
async function leaveHeaders(): Promise<void> {
  // @ts-expect-error A file of the package, which has types of its whole only.
  const { default: decoder } = await import('kafkajs/src/protocol/decoder.js');
  (decoder as { prototype: { readVarIntArray(): unknown[] } }).prototype.readVarIntArray = () => [];
}
