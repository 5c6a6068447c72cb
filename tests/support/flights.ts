import { readFileSync } from 'node:fs';
import type { Sandbox } from './sandbox.ts';

/** The sample of flights, line by line. */
export const [header = '', ...lines] = readFileSync(
  new URL('../../fixtures/flights-sample.csv', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n');

/** A repository in which flights.csv has three versions of 600 rows. */
export function threeVersions(sandbox: Sandbox): void {
  sandbox.run('git', ['init', '--quiet', 'repo'], '.');
  sandbox.varve(['init']);
  for (const start of [0, 600, 1200]) {
    sandbox.write('repo/flights.csv', `${[header, ...lines.slice(start, start + 600)].join('\n')}\n`);
    sandbox.varve(['add', 'flights.csv']);
    sandbox.run('git', ['add', '--all']);
    sandbox.run('git', ['commit', '--quiet', '--message', `rows from ${start}`]);
  }
}
