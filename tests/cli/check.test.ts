import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckedDatasets } from '../../src/report/checked.ts';
import { threeVersions } from '../support/flights.ts';
import { assertPublished } from '../support/published.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox();
beforeAll(() => threeVersions(sandbox));
afterAll(() => sandbox.remove());

test('a check of what differs from a base prints the published document', () => {
  sandbox.ok(['schema', 'infer', 'flights.csv']);
  const checked = sandbox.json<CheckedDatasets>(['check', '--base', 'HEAD~1'], 'repo', 1);
  assertPublished('check-report', checked);
  expect(checked.datasets).toMatchObject([
    { path: 'flights.csv', validation: { valid: true }, drift: { verdict: 'drift' } },
  ]);
});
