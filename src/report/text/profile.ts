import { distributionOf } from '../../drift/distributions/distribution.ts';
import { FeaturePair } from '../../drift/findings/finding.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { FeatureProfile, Profile, TableProfile } from '../../profile/model/model.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { count, percent } from '../../wording/numbers.ts';
import { wrapped } from '../cells.ts';
import { clock, type Facts, factsOf } from '../facts.ts';
import type { RenderOptions } from '../format.ts';
import { tableNotes } from '../notes.ts';
import { briefValues, estimate, profileSummary, tableSize, tableTitle } from '../phrases.ts';
import { type Cell, columns } from './columns.ts';
import { type PaintTone, tonePainter } from './paint.ts';
import { sparklines } from './sparkline.ts';

/** Cells for shapes and for extremes, in a terminal of 150 cells or more and in a narrower one; dates need ten. */
const ROOMY_FROM = 150;
const ROOMY = { shape: 14, extreme: 16 } as const;
const TIGHT = { shape: 8, extreme: 10 } as const;

/** Renders a profile for a terminal: what it is of in one line, then a row a feature, table by table. */
export function profileText(profile: Profile, options: RenderOptions): string {
  const paint = tonePainter(options.color);
  const lines = wrapped(profileSummary(profile, options.name), options.width, '');
  const body = profile.tables.flatMap((table) =>
    tableLines(table, profile.tables.length > 1, options.width, paint),
  );
  return `${[...lines.map((line) => paint('strong', line)), ...body].join('\n')}\n`;
}

function tableLines(table: TableProfile, named: boolean, width: number, paint: PaintTone): string[] {
  const title = named ? [paint('strong', `${tableTitle(table)} (${tableSize(table)})`)] : [];
  const room = width >= ROOMY_FROM ? ROOMY : TIGHT;
  const spec = [
    { title: 'feature', names: true as const },
    { title: 'type' },
    { title: 'missing', align: 'right' as const },
    { title: 'distinct', align: 'right' as const },
    { title: 'min', align: 'right' as const, max: room.extreme },
    { title: 'median', align: 'right' as const },
    { title: 'max', align: 'right' as const, max: room.extreme },
    { title: 'shape', spare: true as const },
    { title: 'most frequent', spare: true as const },
  ];
  const rows = table.features.map((feature) =>
    featureRow(factsOf(feature, table), shape(feature, table, room.shape), room.extreme),
  );
  const notes = tableNotes(table).flatMap((note) => wrapped(note, width, '  '));
  return ['', ...title, ...columns(spec, rows, width, paint), ...notes.map((line) => paint('warn', line))];
}

function shape(feature: FeatureProfile, table: TableProfile, width: number): string {
  const rows = { before: table.rows, after: table.rows };
  const pair = new FeaturePair({
    table: table.name,
    feature: featureName(feature.path),
    before: feature,
    after: feature,
    rows,
  });
  return sparklines(distributionOf(pair), width)[1];
}

function featureRow(facts: Facts, drawn: string, width: number): Cell[] {
  const median = facts.quartiles?.[1];
  const listed = facts.top.slice(0, 3);
  const values = briefValues(
    listed.map(({ value }) => (facts.type === 'timestamp' ? clock(value) : value)),
    24,
  );
  const top = listed.map(({ share: part }, at) => `${values[at]} ${percent(part)}`);
  const missing = { text: facts.missing === 0 ? '' : percent(facts.missing) };
  return [
    { text: brief(facts.feature, 120) },
    { text: neutral(facts.type), tone: 'dim' },
    facts.missing > 0.5 ? { ...missing, tone: 'warn' } : missing,
    { text: estimate(count(facts.distinct), facts.isDistinctExact) },
    { text: extreme(facts, facts.min, 0, width) },
    { text: median === undefined ? '' : estimate(facts.write(median), facts.areQuartilesExact) },
    { text: extreme(facts, facts.max, 1, width) },
    { text: drawn, tone: 'after' },
    { text: top.join(', ') },
  ];
}

/** `10000-01-01 05:00` → `10000-01-01`; long before our time, the year. */
function dayOf(clock: string): string {
  const [day = '', ...rest] = clock.split(' ');
  return rest.at(-1) === '(BC)' ? `${Number.parseInt(day, 10)} BC` : day;
}

/**
 * Prints an end of the range: for a moment in little room, the date; for strings, the shortest and longest length, which
 * tell more than their order.
 */
function extreme({ type, length }: Facts, text: string | null, end: 0 | 1, width: number): string {
  if (text !== null) return /^(date|timestamp)$/.test(type) && text.length > width ? dayOf(text) : text;
  return length === null ? '' : `length ${count(length[end])}`;
}
