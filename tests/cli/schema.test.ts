import { afterAll, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

test('a schema is inferred, shown and updated in TFDV’s format; beside the data it is found', () => {
  sandbox.write('repo/b.csv', `t\n${'a\nb\n'.repeat(9)}`);
  sandbox.ok(['schema', 'infer', 'b.csv', '--format', 'tfdv']);
  sandbox.ok(['validate', 'b.csv']);
  expect(sandbox.ok(['schema', 'show', 'b.csv'])).toMatch(/^# .*\n\nvarveSchema: 1\n/);
  sandbox.write('repo/b.csv', `t\n${'a\nc\n'.repeat(9)}`);
  expect(sandbox.varve(['validate', 'b.csv']).code).toBe(1);
  expect(sandbox.ok(['schema', 'update', 'b.csv'])).toMatch(/^\+ +value: "c"$/m);
  sandbox.ok(['validate', 'b.csv']);
});

test('an update says what it leaves to people', () => {
  sandbox.write(
    'repo/left.yaml',
    'varveSchema: 1\nkeys: [x]\nexpect: x < 2\nfeatures: { x: { type: integer } }\n',
  );
  sandbox.write('repo/x.csv', 'x\n1\n1\n2\n');
  const { out, err } = sandbox.varve(['schema', 'update', 'x.csv', '--schema', 'left.yaml']);
  expect(out).toBe('left.yaml stays as it is.\n');
  expect(err).toContain('Repeated keys: repeated keys\n');
  expect(err).toContain('Rows that break `x < 2`: 1 row of 3');
});

test('a schema that is not there is inferred by the command that the message gives', () => {
  sandbox.write('repo/wines.csv', 'id,name\n1,Ann\n');
  const { err } = sandbox.varve(['validate', 'wines.csv']);
  const [, infer = ''] = /`varve ([^`]+)`/.exec(err) ?? [];
  sandbox.ok(infer.split(' '));
  sandbox.ok(['validate', 'wines.csv']);
  sandbox.write('repo/a;b.csv', 'id,name\n1,Ann\n');
  // One word to the shell that it is pasted into.
  expect(sandbox.varve(['validate', 'a;b.csv']).err).toContain("`varve schema infer 'a;b.csv'`");
});

test('a schema says why each line is there, and a strict one allows what was there alone', () => {
  const rows = Array.from({ length: 200 }, (_, index) => `${index % 2},${((index * 0.618) % 1).toFixed(3)}`);
  sandbox.write('repo/scores.csv', `label,share\n${rows.join('\n')}\n`);
  sandbox.ok(['schema', 'infer', 'scores.csv', '--explain']);
  const text = sandbox.ok(['schema', 'show', 'scores.csv']);
  expect(text).toMatch(/# boolean: 200 values.*\n +label:\n(.*\n)* +boolean: true\n/);
  expect(text).toContain('range: { min: 0, max: 1 }');
  sandbox.ok(['validate', 'scores.csv']);
  sandbox.write('repo/scores.csv', `label,share\n${rows.join('\n')}\n1,0.9999\n`);
  sandbox.ok(['validate', 'scores.csv']);
  sandbox.ok(['schema', 'infer', 'scores.csv', '--strict', '--force']);
  sandbox.write('repo/scores.csv', `label,share\n${rows.join('\n')}\n1,0.99999\n`);
  expect(sandbox.varve(['validate', 'scores.csv']).code).toBe(1);
});
