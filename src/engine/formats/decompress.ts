import { PassThrough, Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { compressionOf, type SourceFile } from '../source-file.ts';

/** From a file's bytes to its text. */
export function decompressor(file: SourceFile): Transform {
  const compression = compressionOf(file);
  if (compression === 'gzip') return zlib.createGunzip();
  return compression === 'zstd' ? unzstd() : new PassThrough();
}

/** Node's own since 22.15, which is several times faster. */
function unzstd(): Transform {
  if ('createZstdDecompress' in zlib) return (zlib.createZstdDecompress as () => Transform)();
  const stream = new Transform({
    transform(piece: Buffer, _encoding, done) {
      try {
        frames.push(piece);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const frames = new Decompress((piece) => void stream.push(piece));
  return stream;
}
