import { readFileSync } from 'node:fs';
import { compareProfiles } from '../../src/drift/compare.ts';
import type { DriftReport, FeatureDrift, Verdict } from '../../src/drift/model.ts';
import type { Profile } from '../../src/profile/model.ts';
import { type Column, columnOf, countsOf, featureOf, profileOf } from './columns.ts';

/** Draws rows of a real table again and again: how often do unchanged data raise an alarm, and true shifts none? */

const types: Readonly<Record<string, Column['type']>> = {
  carrier: 'string',
  tailnum: 'string',
  origin: 'string',
  dest: 'string',
  time_hour: 'timestamp',
};

export function readColumns(path: string): Column[] {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const rows = lines.map((line) => line.split(','));
  return header.split(',').map((name, i) =>
    columnOf(
      name,
      types[name] ?? 'integer',
      rows.map((row) => (row[i] === '' || row[i] === 'NA' ? null : row[i]!)),
    ),
  );
}

/** A generator of numbers in [0, 1) that is the same everywhere: sfc32 (Chris Doty-Humphrey, PractRand). */
export function randomNumbers(seed: number): () => number {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

/** Rows of a table in an order that is shuffled on as samples are drawn. */
export interface Deck {
  readonly order: Int32Array;
  readonly random: () => number;
}

function deckOf(rows: number, seed: number): Deck {
  return { order: new Int32Array(rows).map((_, i) => i), random: randomNumbers(seed) };
}

/** Two samples of the same table: disjoint while the table lasts, else draws with replacement. */
function twoSamples({ order, random }: Deck, n: number): [Int32Array, Int32Array] {
  const drawn = new Int32Array(2 * n);
  const disjoint = drawn.length <= order.length;
  for (let i = 0; i < drawn.length; i++) {
    const at = disjoint ? i + Math.floor(random() * (order.length - i)) : Math.floor(random() * order.length);
    drawn[i] = order[at]!;
    if (!disjoint) continue;
    order[at] = order[i]!;
    order[i] = drawn[i]!;
  }
  return [drawn.subarray(0, n), drawn.subarray(n)];
}

export interface Shift {
  readonly name: string;
  readonly feature: string;
  /** Changes the column in after, row by row: the code of its value, or a value of its own. */
  readonly apply: (column: Column, random: () => number) => Column;
}

function replaced(column: Column, change: (value: string | null) => string | null): Column {
  const cells = Array.from(column.codes, (code) => change(code < 0 ? null : column.values[code]!));
  return columnOf(column.name, column.type, cells);
}

export const shifts: readonly Shift[] = [
  {
    name: 'mean of distance by 0.2 standard deviations',
    feature: 'distance',
    apply: (column) => replaced(column, (value) => (value === null ? null : String(Number(value) + 147))),
  },
  {
    name: 'share of one carrier up by 5 points',
    feature: 'carrier',
    apply: (column, random) =>
      replaced(column, (value) => (value !== 'UA' && random() < 0.05 / 0.8258 ? 'UA' : value)),
  },
  {
    name: 'nulls of distance from 0 to 2 %',
    feature: 'distance',
    apply: (column, random) => replaced(column, (value) => (random() < 0.02 ? null : value)),
  },
  {
    name: 'a new carrier with 2 % of rows',
    feature: 'carrier',
    apply: (column, random) => replaced(column, (value) => (random() < 0.02 ? 'ZZ' : value)),
  },
];

function sampleProfile(columns: readonly Column[], rows: Int32Array): Profile {
  return profileOf(
    columns.map((column) => featureOf(column, countsOf(column, rows))),
    rows.length,
  );
}

function compareOnce(columns: readonly Column[], n: number, deck: Deck, shift?: Shift): DriftReport {
  const [first, second] = twoSamples(deck, n);
  const changed = columns.map((column) =>
    column.name === shift?.feature
      ? shift.apply(onRows(column, second), deck.random)
      : onRows(column, second),
  );
  const all = Int32Array.from({ length: n }, (_, i) => i);
  return compareProfiles(sampleProfile(columns, first), sampleProfile(changed, all), {
    names: ['before', 'after'],
  });
}

function onRows(column: Column, rows: Int32Array): Column {
  return { ...column, codes: rows.map((row) => column.codes[row]!) };
}

export interface AlarmCount {
  readonly n: number;
  readonly reports: number;
  readonly drift: number;
  readonly alarms: number;
  readonly first: readonly string[];
}

/** Alarms in reports on two samples of the same table. */
export function falseAlarms(
  columns: readonly Column[],
  n: number,
  reports: number,
  seed: number,
): AlarmCount {
  const deck = deckOf(columns[0]!.codes.length, seed);
  const verdicts: Verdict[] = [];
  const first: string[] = [];
  for (let i = 0; i < reports; i++) {
    const report = compareOnce(columns, n, deck);
    verdicts.push(report.verdict);
    const loud = report.features.filter(({ verdict }) => verdict !== 'none');
    first.push(...loud.map(({ feature, reasons }) => `${feature}: ${reasons[0]}`));
  }
  return {
    n,
    reports,
    drift: verdicts.filter((verdict) => verdict === 'drift').length,
    alarms: verdicts.filter((verdict) => verdict !== 'none').length,
    first: first.slice(0, 3),
  };
}

/** In how many of the reports the shifted feature is named, and in how many as drift. */
export function findings(
  columns: readonly Column[],
  shift: Shift,
  n: number,
  reports: number,
  seed: number,
): { found: number; drift: number; example: FeatureDrift | undefined } {
  const deck = deckOf(columns[0]!.codes.length, seed);
  let found = 0;
  let drift = 0;
  let example: FeatureDrift | undefined;
  for (let i = 0; i < reports; i++) {
    const seen = compareOnce(columns, n, deck, shift).features.find(
      ({ feature }) => feature === shift.feature,
    )!;
    if (seen.verdict !== 'none') found++;
    if (seen.verdict === 'drift') drift++;
    example = seen;
  }
  return { found, drift, example };
}
