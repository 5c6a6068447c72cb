/** Look at bytes as a buffer, which libraries ask for, without a copy: both have one memory. */
export function asBuffer({
  buffer,
  byteOffset,
  byteLength,
}: NodeJS.ArrayBufferView<ArrayBufferLike>): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
