import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ReportFormat } from '../../src/report/format.ts';
import { renderDrift } from '../../src/report/render.ts';

const folder = new URL('../../fixtures/report/', import.meta.url);
const report = JSON.parse(readFileSync(new URL('flights-drift.json', folder), 'utf8'));
const options = { color: false, width: 110, file: 'data/flights.csv.varve' };

const files: readonly (readonly [ReportFormat, string])[] = [
  ['text', 'flights-drift.txt'],
  ['json', 'flights-drift.json'],
  ['markdown', 'flights-drift.md'],
  ['junit', 'flights-drift.xml'],
  ['sarif', 'flights-drift.sarif'],
  ['github', 'flights-drift.github'],
  ['prometheus', 'flights-drift.prom'],
];

it.each(files)('renders a real report as %s as it did before', async (format, file) => {
  await expect(renderDrift(report, format, options)).toMatchFileSnapshot(new URL(file, folder).pathname);
});
