// Draws samples of the real flights table and counts false alarms and shifts found: the tables of docs/design/drift.md.
// Usage: node scripts/fetch-flights.mjs && node scripts/simulate-drift.mjs [reports] [largest n] [table.tsv, false alarms alone [list]]
// With `list`, the numbers of a row are a list, as of an embedding.
// The other tables are made by python scripts/schema-tables.py drift FOLDER.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const other = process.argv[4];
const asList = process.argv[5] === 'list';
const table = other ?? join(root, '.bench', 'flights.csv');
if (!existsSync(table)) {
  console.error(
    `${table} is missing. Run ${other ? 'python scripts/schema-tables.py drift' : 'node scripts/fetch-flights.mjs'} first.`,
  );
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

/** The rate that so many hits or fewer in so many trials rule out at 95 % confidence (Clopper and Pearson), in percent. */
function atMost(hits, trials) {
  const atOrBelow = (rate) => {
    let term = (1 - rate) ** trials;
    let total = term;
    for (let i = 1; i <= hits; i++) {
      term *= ((trials - i + 1) / i) * (rate / (1 - rate));
      total += term;
    }
    return total;
  };
  let low = 0;
  let high = 1;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (atOrBelow(middle) > 0.05) low = middle;
    else high = middle;
  }
  return `${(high * 100).toPrecision(2)} %`;
}

const size = (n) => n.toLocaleString('en');
console.log(
  '| rows a side | reports | called drift | any alarm | rate of alarms |\n| --- | --- | --- | --- | --- |',
);
for (const n of [100, 300, 1000, 3000, 10_000, 100_000, 1_000_000].filter(
  (size) => size <= largest && (other === undefined || 2 * size <= columns[0].codes.length),
)) {
  const { drift, alarms, first } = falseAlarms(columns, n, reports, n, asList);
  const seen = first.length > 0 ? ` <!-- ${first.join('; ')} -->` : '';
  console.log(`| ${size(n)} | ${reports} | ${drift} | ${alarms} | below ${atMost(alarms, reports)} |${seen}`);
}
if (other !== undefined) process.exit(0);
const trials = Math.max(10, Math.round(reports / 10));
console.log(
  `\n| shift, in ${trials} reports each | rows a side | found | called drift |\n| --- | --- | --- | --- |`,
);
for (const [place, shift] of shifts.entries()) {
  for (const n of [100, 300, 1000, 2000, 3000, 5000, 10_000, 100_000].filter((size) => size <= largest)) {
    const { found, drift } = findings(columns, shift, n, trials, place + n);
    console.log(`| ${shift.name} | ${size(n)} | ${found} | ${drift} |`);
  }
}
