import { isDeepStrictEqual } from 'node:util';
import { decodeProfile, encodeProfile } from '../../../src/profile/format/encode.ts';
import { parseSchema } from '../../../src/schema/format/parse.ts';
import { stringifySchema } from '../../../src/schema/format/stringify.ts';
import { anomaliesFromPbtxt } from '../../../src/schema/tfdv/anomalies.ts';
import { schemaFromPbtxt } from '../../../src/schema/tfdv/schema-from.ts';
import { schemaToPbtxt } from '../../../src/schema/tfdv/schema-to.ts';
import { readStatistics, writeStatistics } from '../../../src/schema/tfdv/statistics-file.ts';
import { profileFromStatistics } from '../../../src/schema/tfdv/statistics-from.ts';
import { parseTextProto, printTextProto } from '../../../src/schema/tfdv/text-proto.ts';
import { isTfRecord, readTfRecords, writeTfRecord } from '../../../src/schema/tfdv/tfrecord.ts';
import { type FuzzTarget, law } from '../target.ts';

const PBTXT = [
  'feature {\n',
  '  name: "a"\n',
  '  type: INT\n',
  '  type: BYTES\n',
  '  value_count { min: 1 max: 1 }\n',
  '  presence { min_fraction: 1 }\n',
  '  int_domain { min: 0 max: 9 }\n',
  '  float_domain { min: nan }\n',
  '  domain: "d"\n',
  '  struct_domain {\n',
  '}\n',
  'string_domain {\n',
  '  value: "x"\n',
  'default_environment: "T"\n',
  '  not_in_environment: "S"\n',
  '  unique_constraints { max: 3 }\n',
  '  drift_comparator { infinity_norm { threshold: 0.1 } }\n',
  'datasets {\n',
  '  num_examples: 3\n',
  '  features {\n',
  '    num_stats {\n',
  '    string_stats {\n',
  '    histograms {\n',
  '#c\n',
  '"\\377"',
  "'\\x'",
  ';',
  '<',
  '>',
  '[',
  '-inf',
  'anomaly_info {\n',
  '  key: "a"\n',
  '  reason {\n',
]; // prettier-ignore
const SCHEMA = [
  'varveSchema: 1\n',
  'features:\n',
  '  a:\n',
  '    type: integer\n',
  '    type: string\n',
  '    presence: 0.9\n',
  '    domain: [a, b]\n',
  '    range: {min: 0, max: 9}\n',
  '    pattern: a+\n',
  '    drift: {linf: 0.1}\n',
  '    environments: [x]\n',
  'tables:\n',
  'domains:\n',
  '  d: [x]\n',
  'expect:\n',
  '  - a > 0\n',
  'rows: {min: 1}\n',
  'key: [a]\n',
  'ordered: true\n',
  '&a',
  '*a',
  '<<: *a',
  '? ',
  '|\n',
  '!!int',
  '0x1',
  '1e400',
  '.nan',
  '.inf',
  '-.inf',
  '123456789012345678901234567890',
]; // prettier-ignore

/** Of profiles, schemas and TFDV's files. */
export const statisticsTargets: Record<string, FuzzTarget> = {
  profile: {
    words: [
      '"varveProfile":1',
      '"tables":[',
      '"features":[',
      '"path":["a"]',
      '"type":"integer"',
      '"present":',
      '"values":',
      '"distinct":',
      'null',
      '-1',
      '1e999',
    ],
    read(input) {
      const profile = decodeProfile(input, 'fuzz');
      for (const { features } of profile.tables) for (const { distinct } of features) String(distinct.hashes);
      const bytes = encodeProfile(profile);
      law(
        Buffer.compare(encodeProfile(decodeProfile(bytes, 'fuzz')), bytes) === 0,
        'what is written is read back',
      );
    },
  },
  schema: {
    words: SCHEMA,
    read(input) {
      const schema = parseSchema(input.toString(), 'fuzz');
      const text = stringifySchema(schema);
      const read = parseSchema(text, 'fuzz');
      // A schema that has no comment is given one that says what it is.
      law(
        isDeepStrictEqual(read, { ...schema, comment: schema.comment ?? read.comment }),
        'what is written is read back',
      );
      law(stringifySchema(read) === text, 'what is written has one form');
      schemaToPbtxt(schema);
    },
  },
  'tfdv-schema': {
    words: PBTXT,
    read(input) {
      const written = schemaToPbtxt(schemaFromPbtxt(input.toString(), 'fuzz'));
      law(schemaToPbtxt(schemaFromPbtxt(written, 'fuzz')) === written, 'what is written is read back');
    },
  },
  'text-proto': {
    words: PBTXT,
    read(input) {
      const printed = printTextProto(parseTextProto(input.toString(), 'fuzz'));
      law(printTextProto(parseTextProto(printed, 'fuzz')) === printed, 'what is written is read back');
    },
  },
  'tfdv-anomalies': { words: PBTXT, read: (input) => anomaliesFromPbtxt(input.toString(), 'fuzz') },
  'tfdv-statistics': {
    words: PBTXT,
    read(input) {
      const statistics = readStatistics(input, 'fuzz');
      encodeProfile(profileFromStatistics(statistics));
      const text = writeStatistics(statistics, 'pbtxt');
      if (text.length > 0)
        law(
          writeStatistics(readStatistics(text, 'fuzz'), 'pbtxt').equals(text),
          'what is written is read back',
        );
    },
  },
  // The same in TensorFlow's records, with checksums that are right.
  tfrecord: {
    words: PBTXT,
    read(input) {
      if (isTfRecord(input)) readTfRecords(input, 'fuzz');
      const record = writeTfRecord(input);
      law(readTfRecords(record, 'fuzz')[0]!.equals(input), 'what is written is read back');
      profileFromStatistics(readStatistics(record, 'fuzz'));
    },
  },
};
