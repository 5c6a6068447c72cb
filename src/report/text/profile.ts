import { distributionOf } from '../../drift/distribution.ts';
import type { FeatureProfile, Profile, TableProfile } from '../../profile/model.ts';
import { wrapped } from '../cells.ts';
import { type Facts, factsOf, featurePath } from '../facts.ts';
import type { RenderOptions } from '../format.ts';
import { brief, neutral } from '../neutral.ts';
import { count, magnitude, share } from '../numbers.ts';
import { profileSummary, tableTitle } from '../words.ts';
import { type Cell, columns } from './columns.ts';
import { type Paint, painter } from './paint.ts';
import { sparklines } from './sparkline.ts';

const sparkWidth = 14;

/** For a terminal: what the profile is of in one line, then a row a feature, table by table. */
export function profileText(profile: Profile, options: RenderOptions): string {
  const paint = painter(options.color);
  const lines = wrapped(profileSummary(profile, options.name), options.width, '');
  const body = profile.tables.flatMap((table) =>
    tableLines(table, profile.tables.length > 1, options.width, paint),
  );
  return `${[...lines.map((line) => paint('strong', line)), ...body].join('\n')}\n`;
}

function tableLines(table: TableProfile, named: boolean, width: number, paint: Paint): string[] {
  const title = named ? [paint('strong', `${tableTitle(table)} (${count(table.rows)})`)] : [];
  const spec = [
    { title: 'feature', max: Math.max(12, Math.floor(width / 4)) },
    { title: 'type' },
    { title: 'missing', align: 'right' as const },
    { title: 'distinct', align: 'right' as const },
    { title: 'min', align: 'right' as const, max: 16 },
    { title: 'median', align: 'right' as const },
    { title: 'max', align: 'right' as const, max: 16 },
    { title: 'mean', align: 'right' as const },
    { title: 'distribution', max: sparkWidth },
    { title: 'most often' },
  ];
  const rows = table.features.map((feature) => featureRow(factsOf(feature, table), spark(feature, table)));
  return ['', ...title, ...columns(spec, rows, width, paint)];
}

function spark(feature: FeatureProfile, table: TableProfile): string {
  const rows = { before: table.rows, after: table.rows };
  const pair = { table: table.name, feature: featurePath(feature), before: feature, after: feature, rows };
  return sparklines(distributionOf(pair), sparkWidth)[1];
}

function featureRow(facts: Facts, drawn: string): Cell[] {
  const number = (value: number | null): Cell => ({ text: value === null ? '' : magnitude(value) });
  const top = facts.top.slice(0, 3).map(({ value, share: part }) => `${brief(value, 24)} ${share(part)}`);
  return [
    { text: brief(facts.feature, 120) },
    { text: neutral(facts.type), tone: 'dim' },
    {
      text: facts.missing === 0 ? '' : share(facts.missing),
      ...(facts.missing > 0.5 ? { tone: 'warn' } : {}),
    },
    { text: count(facts.distinct) },
    { text: facts.min ?? lengthOf(facts, 0) },
    number(facts.quartiles?.[1] ?? null),
    { text: facts.max ?? lengthOf(facts, 1) },
    number(facts.mean),
    { text: drawn, tone: 'after' },
    { text: top.join(', ') },
  ];
}

/** Strings have no least and most that tell a reader anything, but a shortest and a longest. */
function lengthOf({ length }: Facts, end: 0 | 1): string {
  return length === null ? '' : `length ${count(length[end])}`;
}
