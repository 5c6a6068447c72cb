// Draws samples of the real flights table and counts false alarms and shifts found: the tables of docs/drift.md.
// Usage: node scripts/fetch-flights.mjs && node scripts/simulate-drift.mjs [reports] [largest n]
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const table = join(root, '.bench', 'flights.csv');
if (!existsSync(table)) {
  console.error(`${table} is missing. Run node scripts/fetch-flights.mjs first.`);
  process.exit(2);
}
const reports = Number(process.argv[2] ?? 1000);
const largest = Number(process.argv[3] ?? 1_000_000);
const bundle = join(root, '.bench', 'simulation.mjs');
mkdirSync(dirname(bundle), { recursive: true });
await build({
  entryPoints: [join(root, 'tests', 'drift', 'simulation.ts')],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
const { readColumns, falseAlarms, findings, shifts } = await import(pathToFileURL(bundle).href);
const columns = readColumns(table);

const runs = (n) => Math.max(20, Math.min(reports, Math.round((reports * 10_000) / n)));
console.log('| rows a side | reports | called drift | any alarm |\n| --- | --- | --- | --- |');
for (const n of [100, 300, 1000, 3000, 10_000, 100_000, 1_000_000].filter((size) => size <= largest)) {
  const { reports: made, drift, alarms, first } = falseAlarms(columns, n, runs(n), n);
  console.log(
    `| ${n} | ${made} | ${drift} | ${alarms} |${first.length > 0 ? ` <!-- ${first.join('; ')} -->` : ''}`,
  );
}
console.log('\n| shift | rows a side | reports | found | called drift |\n| --- | --- | --- | --- | --- |');
for (const [place, shift] of shifts.entries()) {
  for (const n of [300, 1000, 2000, 3000, 10_000, 100_000].filter((size) => size <= largest)) {
    const made = Math.max(10, Math.min(100, Math.round(runs(n) / 10)));
    const { found, drift } = findings(columns, shift, n, made, place + n);
    console.log(`| ${shift.name} | ${n} | ${made} | ${found} | ${drift} |`);
  }
}
