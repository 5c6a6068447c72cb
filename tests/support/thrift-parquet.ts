/**
 * Parquet files by hand, so that they can lie: one column `s`, one row group, pages as given.
 * @see https://github.com/apache/parquet-format and the compact protocol of Thrift
 */
type Value = readonly [type: number, bytes: Buffer];

function varint(number: number | bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt(number);
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

const zigzag = (number: number) => varint(BigInt(number) * 2n);
const i32 = (number: number): Value => [5, zigzag(number)];
const i64 = (number: number): Value => [6, zigzag(number)];
const text = (value: string): Value => [8, Buffer.concat([varint(value.length), Buffer.from(value)])];

function list(items: readonly Value[]): Value {
  return [
    9,
    Buffer.concat([Buffer.from([(items.length << 4) | items[0]![0]]), ...items.map(([, bytes]) => bytes)]),
  ];
}

function struct(fields: readonly (readonly [id: number, value: Value])[]): Value {
  let last = 0;
  const parts = fields.map(([id, [type, bytes]]) => {
    const head = Buffer.from([((id - last) << 4) | type]);
    last = id;
    return Buffer.concat([head, bytes]);
  });
  return [12, Buffer.concat([...parts, Buffer.from([0])])];
}

/** A page of plain values, which says it has `values` and, decompressed, `uncompressed` bytes. */
export function dictionaryPage(data: Buffer, values: number, uncompressed = data.length): Buffer {
  const head = struct([
    [1, i32(values)],
    [2, i32(0)],
  ]);
  return Buffer.concat([
    struct([
      [1, i32(2)],
      [2, i32(uncompressed)],
      [3, i32(data.length)],
      [7, head],
    ])[1],
    data,
  ]);
}

/** A page of one value of the dictionary, `values` times. */
export function runPage(values: number, uncompressed?: number): Buffer {
  const data = Buffer.concat([Buffer.from([1]), varint(BigInt(values) << 1n), Buffer.from([0])]);
  const head = struct([
    [1, i32(values)],
    [2, i32(8)],
    [3, i32(3)],
    [4, i32(3)],
  ]);
  const sizes = [
    [2, i32(uncompressed ?? data.length)],
    [3, i32(data.length)],
  ] as const;
  return Buffer.concat([struct([[1, i32(0)], ...sizes, [5, head]])[1], data]);
}

/** Texts as plain values. */
export function plainTexts(...texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((each) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(each.length);
      return [length, Buffer.from(each)];
    }),
  );
}

/** @param codec 0 is none, 6 zstd */
export function parquetFile(pages: readonly Buffer[], rows: number, codec = 0): Buffer {
  const body = Buffer.concat(pages);
  const column = struct([
    [1, i32(6)],
    [2, list([i32(8)])],
    [3, list([text('s')])],
    [4, i32(codec)],
    [5, i64(rows)],
    [6, i64(body.length)],
    [7, i64(body.length)],
    [9, i64(4)],
  ]);
  const root = struct([
    [4, text('root')],
    [5, i32(1)],
  ]);
  const leaf = struct([
    [1, i32(6)],
    [3, i32(0)],
    [4, text('s')],
    [6, i32(0)],
  ]);
  const group = struct([
    [
      1,
      list([
        struct([
          [2, i64(4)],
          [3, column],
        ]),
      ]),
    ],
    [2, i64(body.length)],
    [3, i64(rows)],
  ]);
  const [, footer] = struct([
    [1, i32(1)],
    [2, list([root, leaf])],
    [3, i64(rows)],
    [4, list([group])],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), body, footer, length, Buffer.from('PAR1')]);
}

/** A file of one row group, whose columns have data pages of so many rows, each of a few bytes that mean nothing. */
export function parquetOfPages(columns: readonly (readonly number[])[], bytesAPage = 5): Buffer {
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let at = 4;
  const chunks = columns.map((counts) => {
    const start = at;
    for (const count of counts) {
      const head = struct([
        [1, i32(count)],
        [2, i32(0)],
        [3, i32(3)],
        [4, i32(3)],
      ]);
      const sizes = [
        [2, i32(bytesAPage)],
        [3, i32(bytesAPage)],
      ] as const;
      const page = Buffer.concat([
        struct([[1, i32(0)], ...sizes, [5, head]])[1],
        Buffer.alloc(bytesAPage, count & 255),
      ]);
      parts.push(page);
      at += page.length;
    }
    const facts = struct([
      [7, i64(at - start)],
      [9, i64(start)],
    ]);
    return struct([
      [2, i64(start)],
      [3, facts],
    ]);
  });
  const groups = chunks.length === 0 ? [] : [struct([[1, list(chunks)]])];
  const footer = struct(groups.length === 0 ? [[1, i32(1)]] : [[4, list(groups)]])[1];
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}
