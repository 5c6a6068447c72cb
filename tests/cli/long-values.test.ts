import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { DriftReport } from '../../src/drift/model.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

/** 580 characters that every prompt begins with: more than a profile lists of a value. */
const START = 'You are a careful assistant. '.repeat(20);

/** Rows of a number, a prompt that is unique, and a label of which `share` are `a`. */
function write(name: string, { from = 0, rows = 500, share = 0.5 } = {}): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = (row % 100) / 100 < share ? 'a' : 'b';
    return `${row},${START}${from + row},${START}${label}`;
  });
  sandbox.write(`repo/${name}`, `id,prompt,label\n${lines.join('\n')}\n`);
  return name;
}

interface Feature {
  readonly path: readonly string[];
  readonly distinct: { readonly count: number; readonly exact: boolean };
  readonly values: { readonly cut?: readonly number[]; readonly values: readonly [string, number][] };
}

test('long values that begin alike stay apart in every form of a profile', () => {
  write('p.csv');
  const { tables } = sandbox.json<{ tables: readonly [{ features: readonly Feature[] }] }>([
    'profile',
    'p.csv',
  ]);
  const [id, prompt, label] = tables[0].features as [Feature, Feature, Feature];
  expect(prompt.distinct).toMatchObject({ count: 500, exact: true });
  expect(prompt.values.cut).toHaveLength(500);
  expect(label.values.cut).toEqual([0, 1]);
  expect(id.values).not.toHaveProperty('cut');

  const digests = label.values.values.map(([value]) => value.slice(-16, -8)) as [string, string];
  const text = sandbox.ok(['profile', 'p.csv']);
  const markdown = sandbox.ok(['profile', 'p.csv', '--format', 'markdown']);
  sandbox.ok(['profile', 'p.csv', '--format', 'html', '--output', 'p.html']);
  const page = readFileSync(sandbox.path('repo/p.html'), 'utf8');
  for (const digest of digests) {
    expect(markdown).toContain(`…${digest}`);
    expect(page).toContain(`…${digest}`);
  }
  expect(text).toMatch(/prompt +string +500 /);
});

test('a schema holds them: unique, keys, and a domain of values longer than are listed', () => {
  write('p.csv');
  const schema = (label: string, last = 'b') =>
    sandbox.write(
      'repo/p.csv.schema.yaml',
      `varveSchema: 1\nkeys: [prompt]\nfeatures:\n  prompt: {type: string, unique: true}\n  label:\n    type: string\n    domain: ['${label}a', '${label}${last}']\n  id: {type: integer}\n`,
    );
  schema(START);
  expect(sandbox.json<ValidationReport>(['validate', 'p.csv']).anomalies).toEqual([]);

  schema(START, 'c');
  const [outside] = sandbox.json<ValidationReport>(['validate', 'p.csv'], 'repo', 1).anomalies;
  expect(outside).toMatchObject({ kind: 'ENUM_TYPE_UNEXPECTED_STRING_VALUES', feature: 'label' });
  expect(outside!.examples?.[0]).toMatchObject({ value: expect.stringMatching(/^.{256}…$/) });
  // The profile alone, as of a version without its data, finds the same.
  expect(outside!.description).toMatch(/1 value outside the domain in 250 places/);

  schema(START);
  const twice = readFileSync(sandbox.path('repo/p.csv'), 'utf8').split('\n');
  twice[2] = twice[1]!;
  sandbox.write('repo/p.csv', twice.join('\n'));
  const found = sandbox.json<ValidationReport>(['validate', 'p.csv'], 'repo', 1).anomalies;
  expect(found.map(({ kind }) => kind).sort()).toEqual(['KEY_NOT_UNIQUE', 'VALUE_NOT_UNIQUE']);
});

test('drift sees what moves among them, and which keys two versions share', () => {
  const before = write('before.csv', { rows: 2000, share: 0.5 });
  const same = write('same.csv', { rows: 2000, share: 0.5 });
  const moved = write('moved.csv', { rows: 2000, share: 0.9, from: 1500 });
  const label = (other: string, code: number) =>
    sandbox
      .json<DriftReport>(['drift', before, other], 'repo', code)
      .features.find(({ feature }) => feature === 'label')!;
  expect(label(same, 0).verdict).toBe('none');
  expect(label(moved, 1).verdict).toBe('drift');
  expect(label(moved, 1).reasons[0]).toMatch(
    /^share of "You are a careful .*…[0-9a-f]{8}" (rose from 50 % to 90 %|fell from 50 % to 10 %)/,
  );

  const report = sandbox.json<DriftReport>(['drift', before, moved], 'repo', 1);
  const prompt = report.features.find(({ feature }) => feature === 'prompt')!;
  // 500 of the 2,000 prompts of the later side are of the earlier one too.
  expect(prompt.measures.find(({ name }) => name === 'key-overlap')).toMatchObject({ value: 0.25 });
});
