import { readFileSync } from 'node:fs';
import { compareProfiles } from '../../src/drift/compare.ts';
import type { DriftReport, FeatureDrift, Verdict } from '../../src/drift/model.ts';
import type { FeatureProfile } from '../../src/profile/model/model.ts';
import { type Column, columnOf, countsOf, featureOf, listOf, profileOf, withValues } from './columns.ts';

/** Draws rows of a real table again and again: how often do unchanged data raise an alarm, and true shifts none? */

/** Reads a table of which no cell holds its delimiter: a tab if the header has one, else a comma. `NA` and nothing are null. */
export function readColumns(path: string): Column[] {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const delimiter = header.includes('\t') ? '\t' : ',';
  const rows = lines.map((line) => line.split(delimiter));
  return header.split(delimiter).map((name, i) => {
    const cells = rows.map((row) => (row[i] === '' || row[i] === 'NA' ? null : row[i]!));
    return columnOf(name, typeOf(cells), cells);
  });
}

function typeOf(cells: readonly (string | null)[]): Column['type'] {
  const all = (pattern: RegExp) => cells.every((cell) => cell === null || pattern.test(cell));
  if (all(/^-?\d+$/)) return 'integer';
  if (all(/^-?\d+(\.\d+)?(e-?\d+)?$/)) return 'float';
  return all(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?$/) ? 'timestamp' : 'string';
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

/**
 * Two samples of the same table: disjoint while the table lasts, else draws with replacement. Each ascends, so that counting
 * reads memory in order.
 */
function twoSamples(deck: Deck, n: number): [Int32Array, Int32Array] {
  if (2 * n > deck.order.length) return [drawnAgain(deck, n), drawnAgain(deck, n)];
  const drawn = dealt(deck, 2 * n);
  return [drawn.subarray(0, n).sort(), drawn.subarray(n).sort()];
}

/** The next rows of the deck, as far as they are shuffled by then. */
function dealt({ order, random }: Deck, n: number): Int32Array {
  const drawn = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const at = i + Math.floor(random() * (order.length - i));
    drawn[i] = order[at]!;
    order[at] = order[i]!;
    order[i] = drawn[i]!;
  }
  return drawn;
}

/** Draws with replacement, by how often each row is drawn. */
function drawnAgain({ order, random }: Deck, n: number): Int32Array {
  const times = new Uint32Array(order.length);
  for (let i = 0; i < n; i++) times[Math.floor(random() * times.length)]!++;
  const drawn = new Int32Array(n);
  let end = 0;
  for (let row = 0; row < times.length; row++) {
    drawn.fill(row, end, end + times[row]!);
    end += times[row]!;
  }
  return drawn;
}

export interface Shift {
  readonly name: string;
  readonly feature: string;
  /** The share of after's rows that change, and to what. */
  readonly share: number;
  readonly change: (value: string) => string | null;
}

export const shifts: readonly Shift[] = [
  {
    name: 'mean of distance by 0.2 standard deviations',
    feature: 'distance',
    share: 1,
    change: (value) => String(Number(value) + 147),
  },
  {
    name: 'share of one carrier up by 5 points',
    feature: 'carrier',
    share: 0.05 / 0.8258,
    change: () => 'UA',
  },
  {
    name: 'nulls of distance from 0 to 2 %',
    feature: 'distance',
    share: 0.02,
    change: () => null,
  },
  {
    name: 'a new carrier with 2 % of rows',
    feature: 'carrier',
    share: 0.02,
    change: () => 'ZZ',
  },
  {
    name: 'a rare carrier from 0.18 % to 0.9 %',
    feature: 'carrier',
    share: 0.0072,
    change: () => 'YV',
  },
  {
    name: '5 % of rows with 300 new tail numbers',
    feature: 'tailnum',
    share: 0.05,
    change: (value) => `NEW${[...value].reduce((hash, sign) => (hash * 31 + sign.charCodeAt(0)) % 300, 7)}`,
  },
  {
    name: '-999 in 0.6 % of air_time',
    feature: 'air_time',
    share: 0.006,
    change: () => '-999',
  },
];

/** A column whose rows may change, and the code that each code changes to. */
interface Shifted {
  readonly column: Column;
  readonly to: Int32Array;
  readonly share: number;
}

function shifted(column: Column, { share, change }: Shift): Shifted {
  const changed = column.values.map(change);
  const wider = withValues(
    column,
    changed.filter((value) => value !== null),
  );
  const index = new Map(wider.values.map((value, code) => [value, code]));
  const to = Int32Array.from(wider.values, (value) => index.get(change(value) ?? '') ?? -1);
  return { column: wider, to, share };
}

/** Everything that a series of reports needs, made once. */
interface Setting {
  readonly columns: readonly Column[];
  readonly deck: Deck;
  readonly shifted?: Shifted | undefined;
  /** Whether the columns, all of them numbers, are one list a row. */
  readonly asList?: boolean;
}

function settingOf(columns: readonly Column[], seed: number, shift?: Shift): Setting {
  const deck = deckOf(columns[0]!.codes.length, seed);
  if (shift === undefined) return { columns, deck };
  const change = shifted(columns.find(({ name }) => name === shift.feature)!, shift);
  return {
    columns: columns.map((column) => (column.name === shift.feature ? change.column : column)),
    deck,
    shifted: change,
  };
}

function compareOnce({ columns, deck, shifted, asList }: Setting, n: number): DriftReport {
  const [first, second] = twoSamples(deck, n);
  const before = columns.map((column) => featureOf(column, countsOf(column, first)));
  const after = columns.map((column) => {
    const change = column === shifted?.column ? changeOf(shifted, deck.random) : undefined;
    return featureOf(column, countsOf(column, second, change));
  });
  const profile = (features: FeatureProfile[]) => profileOf(asList ? [listOf(features, n)] : features, n);
  return compareProfiles(profile(before), profile(after), { names: ['before', 'after'] });
}

function changeOf({ to, share }: Shifted, random: () => number): (code: number) => number {
  return (code) => (code >= 0 && (share === 1 || random() < share) ? to[code]! : code);
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
  asList = false,
): AlarmCount {
  const numbers = columns.filter(({ type }) => !asList || type === 'integer' || type === 'float');
  const setting = { ...settingOf(numbers, seed), asList };
  const verdicts: Verdict[] = [];
  const first: string[] = [];
  for (let i = 0; i < reports; i++) {
    const report = compareOnce(setting, n);
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
  const setting = settingOf(columns, seed, shift);
  let found = 0;
  let drift = 0;
  let example: FeatureDrift | undefined;
  for (let i = 0; i < reports; i++) {
    const seen = compareOnce(setting, n).features.find(({ feature }) => feature === shift.feature)!;
    if (seen.verdict !== 'none') found++;
    if (seen.verdict === 'drift') drift++;
    example = seen;
  }
  return { found, drift, example };
}
