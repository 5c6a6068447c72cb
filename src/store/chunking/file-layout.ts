/** A file of up to so many bytes is small, and one blob in a pack: chunking would save less than its bookkeeping costs. */
export const MAX_SMALL_FILE_BYTES = 128 * 1024;
/** A file of so many bytes that does not gain from chunking becomes a whole object, which any engine can read in place. */
const MIN_WHOLE_BYTES = 1024 * 1024;

/** One blob in a pack, chunks in packs and a recipe, or a whole object. */
export type Layout = 'blob' | 'chunks' | 'whole';

/** Beginnings of formats whose bytes all change with one edit (compressed) or that engines read in place (columnar). */
const NOT_CHUNKED: readonly (readonly [offset: number, magic: Buffer])[] = [
  [0, Buffer.from('PAR1')],
  [0, Buffer.from('ARROW1')],
  [0, Buffer.from('ORC')],
  [0, Buffer.from([0x1f, 0x8b])], // gzip
  [0, Buffer.from([0x28, 0xb5, 0x2f, 0xfd])], // zstd
  [0, Buffer.from([0x04, 0x22, 0x4d, 0x18])], // lz4
  [0, Buffer.from('BZh')],
  [0, Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])], // xz
  [0, Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])], // 7z
  [0, Buffer.from([0x50, 0x4b, 0x03, 0x04])], // zip, npz, xlsx, docx
  [0, Buffer.from([0x89, 0x50, 0x4e, 0x47])], // PNG
  [0, Buffer.from([0xff, 0xd8, 0xff])], // JPEG
  [0, Buffer.from('GIF8')],
  [8, Buffer.from('WEBP')],
  [4, Buffer.from('ftyp')], // MP4, MOV, HEIC, AVIF
  [0, Buffer.from([0x1a, 0x45, 0xdf, 0xa3])], // Matroska, WebM
  [0, Buffer.from('OggS')],
  [0, Buffer.from('fLaC')],
  [0, Buffer.from('ID3')],
];

/**
 * Choose how a file is laid out in the store. Its digest does not depend on this.
 * @param size in bytes
 * @param head at least the first 16 bytes of the file, or all of it
 */
export function layoutOf(size: number, head: Uint8Array): Layout {
  if (size <= MAX_SMALL_FILE_BYTES) return 'blob';
  const columnarOrCompressed = NOT_CHUNKED.some(
    ([offset, magic]) => Buffer.compare(head.subarray(offset, offset + magic.length), magic) === 0,
  );
  if (!columnarOrCompressed) return 'chunks';
  return size >= MIN_WHOLE_BYTES ? 'whole' : 'blob';
}
