import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(() => {
  box = new Sandbox();
  box.write('repo/d/1.jsonl', '{"a":1}\n{"a":2}\n');
  box.write('repo/d/2.jsonl', '{"a":"x"}\n');
  box.write('repo/twice/x=2/x=1/f.csv', 'n\n5\n');
});
afterAll(() => box.remove());

test('a part is not written into the data that it is of', () => {
  const before = readFileSync(box.path('repo/d/1.jsonl'), 'utf8');
  for (const [data, outputs] of [
    ['d', ['d/1.jsonl', 'd/new/part', 'd']],
    ['d/*.jsonl', ['d/1.jsonl', 'd/new.jsonl']],
  ] as const)
    for (const output of outputs) {
      const { code, err } = box.varve(['profile', data, '--part', '1/2', '--output', output]);
      expect(code, err).toBe(2);
      expect(err).toContain(`${output} ${output === data ? 'is' : 'lies within'} the data of ${data}`);
    }
  expect(readFileSync(box.path('repo/d/1.jsonl'), 'utf8')).toBe(before);
  box.ok(['profile', 'd/1.jsonl', '--part', '1/1', '--output', 'd/beside']);
});

test('a file that changed after a part had read it is noticed, whatever its size', () => {
  box.write('repo/e/1.jsonl', '{"a":1}\n{"a":2}\n');
  box.write('repo/e/2.jsonl', '{"a":"x"}\n');
  for (const part of ['1', '2']) box.ok(['profile', 'e', '--part', `${part}/2`, '--output', `p${part}`]);
  const merge = ['profile', 'e', '--merge', 'p1', 'p2', '--json'];
  expect(JSON.parse(box.ok(merge))).toEqual(JSON.parse(box.ok(['profile', 'e', '--json'])));
  box.write('repo/e/1.jsonl', '{"a":3}\n{"a":4}\n');
  const { code, out } = box.varve(merge);
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'parts-differ', path: '1.jsonl' } });
});

test('a partition that a path names twice is one column, of the inner folder', () => {
  const { tables } = box.json<{ tables: { features: { path: string[] }[] }[] }>(['profile', 'twice']);
  expect(tables[0]!.features.map(({ path }) => path.join('.'))).toEqual(['n', 'x']);
  expect(box.ok(['profile', 'twice', '--slice', 'x=1'])).toContain('n');
});

test('parts are merged beside no data but their own', () => {
  box.write('repo/f/1.jsonl', '{"a":1}\n');
  box.write('repo/g/1.jsonl', '{"a":1}\n{"a":2}\n');
  box.ok(['profile', 'f', '--part', '1/1', '--output', 'of-f']);
  const { code, err } = box.varve(['profile', 'g', '--merge', 'of-f']);
  expect(code, err).toBe(2);
  expect(err).toContain('of-f is a part of f, and the files of g are not those');
  expect(box.ok(['profile', 'f', '--merge', 'of-f', '--json'])).toBe(box.ok(['profile', 'f', '--json']));
});
