// Infers schemas from halves of real tables and holds the other halves against them, as they are and with planted faults: the
// tables of docs/design/schema-inference.md. Prints what failed and what was missed as comments.
//
// Usage: node scripts/simulate-schemas.mjs [seeds, 1] [--strict] [--peers] [--halves: no faults]
// VARVE_TABLES_PYTHON names a Python with the tables and pandera (see scripts/schema-tables.py), VARVE_TFDV_PYTHON one with TFDV.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const script = join(root, 'scripts', 'schema-tables.py');
const python = process.env.VARVE_TABLES_PYTHON ?? 'python3';
const flags = process.argv.slice(2).filter((each) => each.startsWith('--'));
const seeds = Number(process.argv.slice(2).find((each) => !each.startsWith('--')) ?? 1);
const strict = flags.includes('--strict');
const halves = flags.includes('--halves');

// The library profiles in processes of its own; of a thousand small files, those are most of the time.
const bundle = join(root, '.bench', 'schemas.mjs');
await build({
  stdin: {
    contents: `export { profileFiles } from './src/profile/dataset/profile-files.ts';
      export { decodeProfile, encodeProfile } from './src/profile/format/encode.ts';
      export { inferSchema } from './src/schema/infer.ts';
      export { stringifySchema } from './src/schema/format/stringify.ts';
      export { validateProfile } from './src/schema/validate.ts';`,
    resolveDir: root,
    loader: 'ts',
  },
  outfile: bundle,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
const { profileFiles, decodeProfile, encodeProfile, inferSchema, stringifySchema, validateProfile } =
  await import(pathToFileURL(bundle).href);

/** The profile of a file, kept beside it. */
async function profileOf(path) {
  const kept = `${path}.profile`;
  if (existsSync(kept)) return decodeProfile(readFileSync(kept));
  const profile = await profileFiles([{ path, absolutePath: path, digest: '', size: 0 }]);
  writeFileSync(kept, encodeProfile(profile));
  return profile;
}

async function askVarve(folder, cases) {
  const schemas = new Map();
  const found = {};
  for (const { learned, tried } of cases) {
    if (!schemas.has(learned)) {
      const schema = inferSchema([await profileOf(join(folder, learned))], { strict, explain: true });
      writeFileSync(join(folder, `${learned}.schema.yaml`), stringifySchema(schema));
      schemas.set(learned, schema);
    }
    const options = { name: tried, schemaName: learned };
    const { anomalies } = await validateProfile(
      await profileOf(join(folder, tried)),
      schemas.get(learned),
      options,
    );
    found[`${learned} ${tried}`] = anomalies
      .filter(({ severity }) => severity === 'error')
      .map(({ feature, kind, expected, observed }) => [
        feature,
        `${kind}, expected ${expected}, found ${observed}`,
      ]);
  }
  return found;
}

function askPeer(tool, python, folder) {
  const file = join(folder, `${tool}.json`);
  if (!existsSync(file))
    execFileSync(python, [script, tool, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * Counts the clean halves without a report, and the faults with one: of a column in which the fault is, and other than what the
 * clean half has, by the check or by how much fails it.
 */
function count(cases, found, tally, notes) {
  const clean = new Map(
    cases.filter(({ fault }) => !fault).map(({ learned, tried }) => [learned, found[`${learned} ${tried}`]]),
  );
  for (const { table, learned, tried, fault = 'none', columns } of cases) {
    const reports = found[`${learned} ${tried}`];
    const known = new Set(clean.get(learned).map(String));
    const good =
      fault === 'none'
        ? reports.length === 0
        : reports.some((report) => columns.includes(report[0]) && !known.has(String(report)));
    const row = tally.get(fault) ?? { good: 0, of: 0 };
    tally.set(fault, { good: row.good + (good ? 1 : 0), of: row.of + 1 });
    if (!good)
      notes.push(
        fault === 'none'
          ? `${learned} fails: ${reports.map(([column, check]) => `${column}: ${check}`).join('; ')}`
          : `${table}: ${fault} in ${columns.join(', ')} is missed`,
      );
  }
}

const tools = ['varve', ...(flags.includes('--peers') ? ['tfdv', 'pandera'] : [])];
const tallies = new Map(tools.map((tool) => [tool, new Map()]));
const notes = [];
for (let seed = 1; seed <= seeds; seed++) {
  const folder = join(root, '.bench', `${halves ? 'halves' : 'schemas'}-${seed}`);
  if (!existsSync(join(folder, 'cases.json')))
    execFileSync(python, [script, halves ? 'halves' : 'tables', folder, String(seed)], { stdio: 'inherit' });
  const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
  count(cases, await askVarve(folder, cases), tallies.get('varve'), notes);
  if (!tallies.has('tfdv')) continue;
  count(cases, askPeer('tfdv', process.env.VARVE_TFDV_PYTHON, folder), tallies.get('tfdv'), []);
  count(cases, askPeer('pandera', python, folder), tallies.get('pandera'), []);
}
for (const note of notes) console.log(`<!-- ${note} -->`);
const cell = ({ good, of }) => `${good} of ${of} (${((100 * good) / of).toFixed(1)} %)`;
console.log(`| | ${tools.join(' | ')} |\n| --- | ${tools.map(() => '---').join(' | ')} |`);
for (const fault of tallies.get('varve').keys())
  console.log(
    `| ${fault === 'none' ? 'the other half passes' : fault} | ${tools.map((tool) => cell(tallies.get(tool).get(fault))).join(' | ')} |`,
  );
const all = (tally) => {
  const faults = [...tally].filter(([fault]) => fault !== 'none').map(([, row]) => row);
  return {
    good: faults.reduce((sum, { good }) => sum + good, 0),
    of: faults.reduce((sum, { of }) => sum + of, 0),
  };
};
if (!halves) console.log(`| all faults | ${tools.map((tool) => cell(all(tallies.get(tool)))).join(' | ')} |`);
