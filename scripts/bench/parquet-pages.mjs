// Finds the pages of a Parquet file. Source: https://github.com/apache/parquet-format, parquet.thrift; Thrift's compact protocol.

/** @returns the pages in the order of the file: where each begins, and its length with its header */
export function pageLengths(bytes) {
  const footer = bytes.readUInt32LE(bytes.length - 8);
  const [metadata] = readStruct(bytes, bytes.length - 8 - footer);
  const pages = [];
  for (const group of metadata[4] ?? []) {
    for (const { 3: column } of group[1]) {
      const start = column[11] > 0 ? Math.min(column[11], column[9]) : column[9];
      for (let at = start; at < start + column[7]; ) {
        const [header, end] = readStruct(bytes, at);
        const length = end - at + header[3];
        pages.push({ at, length });
        at += length;
      }
    }
  }
  return pages.sort((a, b) => a.at - b.at);
}

/** Read a struct as an object of its fields by number, and tell where it ends. */
function readStruct(bytes, start) {
  const fields = {};
  let at = start;
  let id = 0;
  for (;;) {
    const head = bytes[at++];
    if (head === 0) return [fields, at];
    if (head >> 4 === 0) [id, at] = readZigzag(bytes, at);
    else id += head >> 4;
    [fields[id], at] = readValue(bytes, at, head & 15);
  }
}

function readValue(bytes, at, type) {
  if (type === 1 || type === 2) return [type === 1, at];
  if (type === 3) return [bytes[at], at + 1];
  if (type === 7) return [bytes.readDoubleLE(at), at + 8];
  if (type === 8) {
    const [length, from] = readVarint(bytes, at);
    return [bytes.subarray(from, from + length), from + length];
  }
  if (type === 9 || type === 10) return readList(bytes, at);
  if (type === 12) return readStruct(bytes, at);
  return readZigzag(bytes, at);
}

function readList(bytes, start) {
  const head = bytes[start];
  let [count, at] = [head >> 4, start + 1];
  if (count === 15) [count, at] = readVarint(bytes, at);
  const items = [];
  for (let item; items.length < count; items.push(item)) {
    // A boolean of a list has a byte of its own.
    if ((head & 15) <= 2) [item, at] = [bytes[at] === 1, at + 1];
    else [item, at] = readValue(bytes, at, head & 15);
  }
  return [items, at];
}

function readVarint(bytes, start) {
  let value = 0;
  let at = start;
  for (let scale = 1; ; scale *= 128) {
    value += (bytes[at] & 127) * scale;
    if (bytes[at++] < 128) return [value, at];
  }
}

function readZigzag(bytes, at) {
  const [value, end] = readVarint(bytes, at);
  return [value % 2 === 0 ? value / 2 : -(value + 1) / 2, end];
}
