import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { flights } from './synthetic-profile.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/profile.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv({ allErrors: true }).compile(schema);
const [table] = flights.tables;

it('accepts profiles', () => {
  expect(validate(flights), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  expect(validate({ varveProfile: 1, tables: [] })).toBe(true);
});

it.each([
  ['another version', { ...flights, varveProfile: 3 }],
  ['unknown keys', { ...flights, extra: 1 }],
  ['negative rows', { ...flights, tables: [{ ...table, rows: -1 }] }],
  [
    'a feature without its values',
    { ...flights, tables: [{ ...table, features: [{ ...table!.features[0], values: undefined }] }] },
  ],
  [
    'an unknown type',
    { ...flights, tables: [{ ...table, features: [{ ...table!.features[0], type: 'int' }] }] },
  ],
])('refuses %s', (_name, profile) => {
  expect(validate(JSON.parse(JSON.stringify(profile)))).toBe(false);
});
