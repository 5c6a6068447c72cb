import { describe, expect, test } from 'vitest';
import type { FeatureProfile } from '../../../src/profile/model/model.ts';
import type { TableSchema } from '../../../src/schema/model.ts';
import { expectations } from '../../../src/schema/rules/expectations.ts';
import { keyFindings } from '../../../src/schema/rules/keys.ts';
import { allListed, wholeValues } from '../../../src/schema/rules/rule.ts';
import { type Cell, tableOf } from '../profile-of.ts';

describe('checks that a person wrote in SQL', () => {
  test('carry severity, name and share only where they are given', () => {
    const [plain, full] = expectations(
      [{ sql: 'a > 0' }, { sql: 'b > 0', name: 'B is positive', severity: 'warning', maxFraction: 0.25 }],
      ['a', 'b'],
    );
    expect(Object.keys(plain!)).not.toContain('severity');
    expect(Object.keys(plain!)).not.toContain('allowed');
    expect(plain).toMatchObject({
      short: 'Rows that break `a > 0`',
      failing: 'NOT (a > 0)',
      expected: 'a > 0',
    });
    expect(full).toMatchObject({
      short: 'B is positive',
      description: 'Rows that break `b > 0`.',
      severity: 'warning',
      allowed: 0.25,
      undecided: 'it is a check of rows',
    });
  });

  test('show the columns that they mention, and no other', () => {
    const [check] = expectations([{ sql: 'a > 0' }], ['a', 'b']);
    expect(check!.shown).toContain('"a"');
    expect(check!.shown).not.toContain('"b"');
  });
});

describe('keys', () => {
  const found = (key: readonly string[], columns: Readonly<Record<string, readonly Cell[]>>) =>
    keyFindings(
      { keys: [key] } as unknown as TableSchema,
      new Map(tableOf('', columns).features.map((each) => [each.path[0]!, each])),
    );

  test('of one column that repeats are decided, and rows that repeat can be asked for', () => {
    const [finding] = found(['id'], { id: ['a', 'a', 'b'] });
    expect(finding).toMatchObject({ short: 'Repeated keys', shown: `concat_ws(', ', "id")` });
    expect(finding!.failing).toContain('"id"');
    expect(finding).not.toHaveProperty('undecided');
  });

  test('of several columns that repeat are a question for the rows, which name all of them', () => {
    const [finding] = found(['x', 'y'], { x: ['a', 'a'], y: ['b', 'b'] });
    expect(finding).toMatchObject({
      undecided: 'a profile does not count keys',
      shown: `concat_ws(', ', "x", "y")`,
    });
  });

  test('with a column of lists name no rows', () => {
    const [finding] = found(['x', 'y'], { x: ['a', 'a'], y: [['b', 'b'], ['b']] });
    expect(finding).toMatchObject({ short: 'Repeated keys', undecided: 'a profile does not count keys' });
    expect(finding).not.toHaveProperty('failing');
    expect(finding).not.toHaveProperty('shown');
  });

  test('are unique where one column is, unless it has nulls; a column that is not there is said', () => {
    expect(found(['x', 'y'], { x: ['a', 'b'], y: ['c', 'c'] })).toEqual([]);
    expect(found(['x', 'y'], { x: ['a', null], y: ['c', 'c'] })).toHaveLength(1);
    expect(found(['z'], { x: ['a'] })).toMatchObject([{ short: 'Key columns missing' }]);
  });
});

describe('values that a profile lists', () => {
  const listed = (values: Partial<FeatureProfile['values']>) =>
    ({
      values: {
        exact: true,
        values: [
          ['a', 2],
          ['b', 1],
        ],
        ...values,
      },
    }) as unknown as FeatureProfile;

  test('are whole but for those that were cut', () => {
    expect(wholeValues(listed({}))).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(wholeValues(listed({ cut: [0] }))).toEqual([['b', 1]]);
  });

  test('are all of them only where the count is exact and none was cut', () => {
    expect(allListed(listed({}))).toBe(true);
    expect(allListed(listed({ cut: [0] }))).toBe(false);
    expect(allListed(listed({ exact: false }))).toBe(false);
  });
});
