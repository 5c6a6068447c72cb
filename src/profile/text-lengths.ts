/** The code points of UTF-8: bytes that do not continue one. Four bytes at a time. */
export function codePoints(view: DataView, start: number, length: number): number {
  let continued = 0;
  const words = start + (length & ~3);
  for (let at = start; at < words; at += 4) {
    const word = view.getInt32(at, true);
    if ((word & 0x80808080) !== 0) {
      continued += Math.imul((word >>> 7) & (~word >>> 6) & 0x01010101, 0x01010101) >>> 24;
    }
  }
  for (let at = words; at < start + length; at++) if ((view.getUint8(at) & 0xc0) === 0x80) continued++;
  return length - continued;
}

export function byteLength(_view: DataView, _start: number, length: number): number {
  return length;
}
