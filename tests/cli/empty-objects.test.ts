import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DriftReport, Profile } from '../../src/index.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(() => {
  box = new Sandbox().repository();
  box.write('repo/train.csv', `id\n${Array.from({ length: 50 }, (_, at) => at).join('\n')}\n`);
  box.ok(['add', 'train.csv']);
});
afterAll(() => box.remove());

const profiled = (name: string, text: string) => {
  box.write(`repo/${name}`, text);
  const { tables } = box.json<Profile>(['profile', name]);
  return [tables[0]!.rows, tables[0]!.features.map(({ path }) => path.join('.'))];
};

test('rows without names have no columns', () => {
  expect(profiled('rows.jsonl', '{}\n{}\n{}\n')).toEqual([3, []]);
  expect(profiled('rows.json', '[{}, {}]')).toEqual([2, []]);
  expect(profiled('one.json', '{}')).toEqual([1, []]);
  expect(profiled('none.json', '[]')).toEqual([0, []]);
  expect(profiled('some.jsonl', '{}\n{"a": 1}\n{}\n')).toEqual([3, ['a']]);
});

test('objects without names have no fields, at any depth, and those with names keep them', () => {
  const nested = (value: object) => `${JSON.stringify(value)}\n${JSON.stringify({ ...value, id: 2 })}\n`;
  expect(profiled('a.jsonl', nested({ a: {}, id: 1 }))).toEqual([2, ['id']]);
  expect(profiled('b.jsonl', nested({ a: { b: {}, c: 1 }, l: [{}], ll: [[{ x: {} }]], id: 1 }))).toEqual([
    2,
    ['a.c', 'id'],
  ]);
  expect(profiled('json.jsonl', '{"json": {"k": 1}}\n')).toEqual([1, ['json.k']]);
  expect(profiled('list.jsonl', '{"json": []}\n')).toEqual([1, ['json.[]']]);
  const many = (letter: string) =>
    Object.fromEntries(Array.from({ length: 300 }, (_, at) => [letter + at, at]));
  expect(
    profiled('map.jsonl', `${JSON.stringify({ m: many('a') })}\n${JSON.stringify({ m: many('b') })}\n`),
  ).toEqual([2, ['m.[].key', 'm.[].value']]);
});

test('a schema has no feature for them, and a comparison calls none added', () => {
  box.write('repo/rows.jsonl', '{}\n{}\n{}\n');
  expect(box.json(['schema', 'infer', 'rows.jsonl'])).toMatchObject({ features: 0 });
  expect(box.json(['validate', 'rows.jsonl'])).toMatchObject({ valid: true, anomalies: [] });
  const report = box.json<DriftReport>(['drift', 'train.csv', 'rows.jsonl'], 'repo', 1);
  expect([report.added, report.removed.map(({ feature }) => feature)]).toEqual([[], ['id']]);
  const { code, out } = box.varve(['drift', 'train.csv', '--stream', 'rows.jsonl', '--json']);
  expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ rows: 3, added: [] })]);
});
