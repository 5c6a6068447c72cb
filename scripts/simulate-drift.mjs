// Draws samples of the real flights table and counts false alarms and shifts found: the tables of docs/design/drift.md.
// Usage: node scripts/fetch-flights.mjs && node scripts/simulate-drift.mjs [--reports 1000] [--sizes 100,1000000] [--seed 0]
//        [--table FILE.tsv: of another table, false alarms alone [--list: the numbers of a row are a list, as of an embedding]]
// Of each shift a tenth as many reports are made. The other tables are made by python scripts/schema-tables.py drift FOLDER.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: {
    reports: { type: 'string', default: '1000' },
    sizes: { type: 'string', default: '100,300,1000,2000,3000,5000,10000,100000,1000000' },
    seed: { type: 'string', default: '0' },
    table: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const other = options.table;
const reports = Number(options.reports);
const sizes = options.sizes.split(',').map(Number);
const seed = Number(options.seed);
const table = other ?? join(root, '.bench', 'flights.csv');
if (!existsSync(table)) {
  console.error(
    `${table} is missing. Run ${other ? 'python scripts/schema-tables.py drift' : 'node scripts/fetch-flights.mjs'} first.`,
  );
  process.exit(2);
}
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
for (const n of sizes.filter((n) => other === undefined || 2 * n <= columns[0].codes.length)) {
  const { drift, alarms, first } = falseAlarms(columns, n, reports, seed + n, options.list);
  const seen = first.length > 0 ? ` <!-- ${first.join('; ')} -->` : '';
  console.log(`| ${size(n)} | ${reports} | ${drift} | ${alarms} | below ${atMost(alarms, reports)} |${seen}`);
}
if (other !== undefined) process.exit(0);
const trials = Math.max(10, Math.round(reports / 10));
console.log(
  `\n| shift, in ${trials} reports each | rows a side | found | called drift |\n| --- | --- | --- | --- |`,
);
for (const [place, shift] of shifts.entries()) {
  for (const n of sizes) {
    const { found, drift } = findings(columns, shift, n, trials, seed + place + n);
    console.log(`| ${shift.name} | ${size(n)} | ${found} | ${drift} |`);
  }
}
