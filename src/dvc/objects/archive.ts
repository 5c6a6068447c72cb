/**
 * A tar archive consists of blocks of so many bytes: the bytes of a file are padded with zeros to a whole number of them.
 */
const BLOCK = 512;

/** A file of an archive; `name` has at most 100 ASCII characters, as the keys of all objects have. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A tar archive of the files. Source: POSIX.1-2017, `pax`, "ustar Interchange Format". */
export function tarArchive(files: readonly ArchivedFile[]): Uint8Array {
  const size = files.reduce((sum, { bytes }) => sum + BLOCK + padded(bytes.length), 2 * BLOCK);
  const archive = new Uint8Array(size);
  let at = 0;
  for (const { name, bytes } of files) {
    archive.set(header(name, bytes.length), at);
    archive.set(bytes, at + BLOCK);
    at += BLOCK + padded(bytes.length);
  }
  return archive;
}

function header(name: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const field = (offset: number, text: string) => block.write(text, offset, 'latin1');
  field(0, name);
  field(100, '0000644\0');
  field(108, '0000000\0');
  field(116, '0000000\0');
  field(124, `${size.toString(8).padStart(11, '0')}\0`);
  field(136, '00000000000\0');
  // The checksum is taken with spaces in its own place.
  field(148, ' '.repeat(8));
  field(156, '0');
  field(257, 'ustar\x0000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  field(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
