import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { anomaliesFromPbtxt } from '../../src/schema/tfdv/anomalies.ts';
import { schemaFromPbtxt } from '../../src/schema/tfdv/schema-from.ts';
import { schemaToPbtxt } from '../../src/schema/tfdv/schema-to.ts';
import { readStatistics, writeStatistics } from '../../src/schema/tfdv/statistics-file.ts';
import { profileFromStatistics } from '../../src/schema/tfdv/statistics-from.ts';
import {
  parseTextProto,
  printTextProto,
  stringBytes,
  stringScalar,
} from '../../src/schema/tfdv/text-proto.ts';
import { cases, fixtures, read } from './tfdv-fixtures.ts';

const flights = (file: string) => readFileSync(join(fixtures, 'flights', file));

describe('text', () => {
  test.each(cases)('%s: what TFDV wrote is printed as it was', (name) => {
    for (const file of ['schema.pbtxt', 'stats.pbtxt', 'anomalies.pbtxt']) {
      const text = read(name, file) as string;
      expect(printTextProto(parseTextProto(text, file))).toBe(text);
    }
  });

  test('comments, other spellings and fields that nobody knows are kept', () => {
    const text = `# the file
feature < name: 'a' "b"; type: INT, unknown_thing: [1, 2] > # beside
[some.extension] { x: -inf }
15: 0x00000001
# the end
`;
    expect(printTextProto(parseTextProto(text, 'x'))).toBe(`# the file
feature {
  name: 'a' "b"
  type: INT
  unknown_thing: 1
  unknown_thing: 2
} # beside
[some.extension] {
  x: -inf
}
15: 0x00000001
# the end
`);
  });

  test('a literal may be huge, and a comment without end is read or refused', () => {
    const body = 'x'.repeat(20_000_000);
    expect(stringBytes(parseTextProto(`a: "${body}"`, 'x').fields[0]?.value as string).length).toBe(
      20_000_000,
    );
    try {
      parseTextProto(`#${body.repeat(4)}`, 'x');
    } catch (error) {
      expect(error).toBeInstanceOf(VarveError);
    }
  });

  test('bytes survive as a string', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(stringBytes(stringScalar(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each([
    ['feature {', /missing/],
    ['feature }', /expected a value/],
    ['a: b }', /expected a field/],
    ['\n\na: "x', /:3: unexpected/],
    ['a { '.repeat(200), /100 deep/],
    ['a: ', /ends too early/],
  ])('broken text %# is refused', (text, why) => {
    expect(() => parseTextProto(text, 'x.pbtxt')).toThrow(why);
  });
});

describe('statistics', () => {
  test.each(['stats-1.pb', 'stats-7.pb'])('%s comes back to the bit', (file) => {
    const bytes = flights(file);
    const statistics = readStatistics(bytes, file);
    expect(writeStatistics(statistics, 'binary')).toEqual(bytes);
    expect(readStatistics(writeStatistics(statistics, 'tfrecord'), 'tfrecord')).toEqual(statistics);
    expect(writeStatistics(readStatistics(writeStatistics(statistics, 'pbtxt'), 'text'), 'binary')).toEqual(
      bytes,
    );
  });

  test('fields of a later version survive', () => {
    const later = Buffer.concat([
      flights('stats-1.pb'),
      Buffer.from([0xfa, 0x01, 0x02, 0x68, 0x69, 0x80, 0x02, 0x05, 0x8d, 0x02, 1, 2, 3, 4]),
    ]);
    const text = writeStatistics(readStatistics(later, 'later'), 'pbtxt');
    expect(writeStatistics(readStatistics(text, 'text'), 'binary')).toEqual(later);
  });

  test('a damaged TFRecord is refused', () => {
    const record = writeStatistics(readStatistics(flights('stats-1.pb'), 'x'), 'tfrecord');
    record[200] = (record[200] as number) ^ 1;
    expect(() => readStatistics(record, 'x')).toThrow(/damaged/);
  });

  test('any bytes are read or refused, never anything else', () => {
    const whole = flights('stats-1.pb').subarray(0, 3_000);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 40 }), (at, noise) => {
        const bytes = Buffer.concat([whole.subarray(0, at), noise, whole.subarray(at + noise.length)]);
        try {
          profileFromStatistics(readStatistics(bytes, 'noise'));
        } catch (error) {
          expect(error).toBeInstanceOf(VarveError);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('January is a profile', () => {
    const [table] = profileFromStatistics(readStatistics(flights('stats-1.pb'), 'x')).tables;
    expect(table?.rows).toBe(1351);
    const distance = table?.features.find(({ path }) => path[0] === 'distance');
    expect(distance).toMatchObject({
      type: 'integer',
      present: 1351,
      nulls: 0,
      numeric: { min: '80', max: '4983' },
    });
    expect(distance?.numeric?.positive.reduce((sum, [, count]) => sum + count, 0)).toBe(1351);
  });
});

describe('schemas', () => {
  test.each(['schema-1.pbtxt', 'schema-edited.pbtxt'])('%s says the same after varve', (file) => {
    const lines = (text: string) =>
      parseTextProto(text, file).fields.map((field) =>
        printTextProto({ fields: [field] })
          .split('\n')
          .sort()
          .join('\n'),
      );
    const text = flights(file).toString();
    expect(lines(schemaToPbtxt(schemaFromPbtxt(text, file))).sort()).toEqual(lines(text).sort());
  });

  test('what varve does not use goes there and back, comments too', () => {
    const text = `# the label
feature {
  name: "x"
  type: BYTES
  # too few and the model fails
  presence { min_fraction: 0.9 }
  annotation { tag: "pii" }
  string_domain { value: "a" is_categorical: CATEGORICAL_YES }
  skew_comparator { jensen_shannon_divergence { threshold: 0.1 source { type: STANDARD } } }
  lifecycle_stage: BETA
}
feature {
  name: "trip"
  type: STRUCT
  presence { min_count: 1 }
  struct_domain { feature { name: "fare" type: FLOAT } feature { name: "end" type: STRUCT presence { min_count: 2 } struct_domain { feature { name: "zip" type: BYTES } } } }
}
sparse_feature { name: "s" }
weighted_feature { name: "w" }
# done
`;
    expect(schemaToPbtxt(schemaFromPbtxt(text, 'x'))).toMatchInlineSnapshot(`
      "# the label
      # too few and the model fails
      feature {
        name: "x"
        type: BYTES
        string_domain {
          value: "a"
          is_categorical: CATEGORICAL_YES
        }
        presence {
          min_fraction: 0.9
        }
        skew_comparator {
          jensen_shannon_divergence {
            threshold: 0.1
            source {
              type: STANDARD
            }
          }
        }
        annotation {
          tag: "pii"
        }
        lifecycle_stage: BETA
      }
      feature {
        name: "trip"
        type: STRUCT
        struct_domain {
          feature {
            name: "fare"
            type: FLOAT
          }
          feature {
            name: "end"
            type: STRUCT
            struct_domain {
              feature {
                name: "zip"
                type: BYTES
              }
            }
            presence {
              min_count: 2
            }
          }
        }
        presence {
          min_count: 1
        }
      }
      sparse_feature {
        name: "s"
      }
      weighted_feature {
        name: "w"
      }
      # done
      "
    `);
  });

  test.each(['feature: 1', 'feature { name: "x" type: INT int_domain { min: many } }'])(
    '%s is refused',
    (text) => {
      expect(() => schemaFromPbtxt(text, 'x')).toThrow(VarveError);
    },
  );
});

test('anomalies of July are read', () => {
  const found = anomaliesFromPbtxt(flights('anomalies-7.pbtxt').toString(), 'x');
  expect(found.map(({ feature, kind }) => `${feature} ${kind}`)).toContain(
    'arr_delay FEATURE_TYPE_LOW_FRACTION_PRESENT',
  );
});
