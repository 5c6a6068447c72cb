import { distributionOf } from '../../drift/distributions/distribution.ts';
import { FeaturePair } from '../../drift/findings/finding.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { FeatureProfile, Profile, TableProfile } from '../../profile/model/model.ts';
import { FILES_TABLE } from '../../profile/model/tables.ts';
import { brief } from '../../wording/neutral.ts';
import { count, counted, magnitude, percent } from '../../wording/numbers.ts';
import { type Facts, factsOf } from '../facts.ts';
import type { RenderOptions } from '../format.ts';
import { type Markup, markup, NO_MARKUP } from '../markup.ts';
import { tableNotes } from '../notes.ts';
import { briefValues, estimate, featureTitle, profileSummary, tableSize, tableTitle } from '../phrases.ts';
import { chart } from './charts/chart.ts';
import { overlayOf } from './charts/overlay.ts';
import { strata } from './charts/strata.ts';
import { weekAndDay } from './charts/week.ts';
import { datum, type Order, table } from './parts.ts';
import { sectionPage, type Titled } from './section.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'place in the data' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
  { key: 'missing', down: true, title: 'missing values' },
  { key: 'distinct', down: true, title: 'distinct values' },
];

/** One feature, with the same one of the earlier version if there is one. */
interface Shown {
  readonly name: string;
  readonly table: TableProfile;
  readonly feature: FeatureProfile;
  readonly facts: Facts;
  readonly earlier?: {
    readonly table: TableProfile;
    readonly feature: FeatureProfile;
    readonly facts: Facts;
  };
}

/** The page for people: how complete each feature is, then a card a feature; two versions if there is an earlier one. */
export function profilePage(profile: Profile, options: RenderOptions): string {
  return sectionPage(titledProfile(profile, options));
}

export function titledProfile(
  profile: Profile,
  options: Pick<RenderOptions, 'name' | 'compareWith'>,
): Titled {
  const earlier = options.compareWith;
  const features = shownFeatures(profile, earlier?.profile);
  const name = options.name ?? 'Profile';
  const before = earlier === undefined ? '' : side('before', 'before', earlier.name, earlier.profile);
  const now = side('after', earlier === undefined ? 'data' : 'after', name, profile);
  const section = {
    check: 'profile' as const,
    answer: markup`${brief(profileSummary(profile, undefined), 400)}`,
    head: markup`<dl class="sides">${before}${now}</dl>\n${profile.tables.flatMap(tableNotes).map((note) => markup`<p>${note}</p>\n`)}${completeness(features)}`,
    cards: features.map(card),
    grades: [],
    empty: 'There are no features.',
  };
  return { title: `Profile: ${brief(name, 100)}`, section, orders: ORDERS };
}

function shownFeatures(profile: Profile, earlier: Profile | undefined): Shown[] {
  const known = new Map<string, { table: TableProfile; feature: FeatureProfile }>();
  for (const table of earlier?.tables ?? []) {
    for (const feature of table.features)
      known.set(JSON.stringify([table.name, ...feature.path]), { table, feature });
  }
  return profile.tables.flatMap((table) =>
    table.features.map((feature): Shown => {
      const before = known.get(JSON.stringify([table.name, ...feature.path]));
      return {
        name: featureTitle({
          table: profile.tables.length > 1 ? tableTitle(table) : '',
          feature: featureName(feature.path),
        }),
        table,
        feature,
        facts: factsOf(feature, table),
        ...(before === undefined
          ? {}
          : { earlier: { ...before, facts: factsOf(before.feature, before.table) } }),
      };
    }),
  );
}

function side(tone: 'before' | 'after', title: string, name: string, profile: Profile): Markup {
  const tables = profile.tables.map((one) => `${tableTitle(one)}: ${tableSize(one)}`);
  const only = profile.tables[0];
  const shown =
    tables.length > 1
      ? tables.slice(0, 4).join(', ')
      : only === undefined
        ? counted(0, 'row')
        : tableSize(only);
  return markup`<div class="${tone}"><dt>${title}</dt><dd>${datum(brief(name, 200))}<span>${shown}</span></dd></div>`;
}

function completeness(features: readonly Shown[]): Markup {
  const unit = features.every(({ table }) => table.name === FILES_TABLE) ? 'file' : 'row';
  if (features.every(({ facts }) => facts.missing === 0))
    return features.length === 0 ? NO_MARKUP : markup`<p class="whole">Every ${unit} has every feature.</p>`;
  const layers = features.map(({ name, facts }, place) => ({
    name,
    title: `${name}: ${facts.missing === 0 ? `in every ${unit}` : `missing in ${percent(facts.missing)} of ${unit}s`}`,
    id: `f${place}`,
    height: 1 - facts.missing,
    tone: facts.missing > 0.5 ? 'warn' : 'plain',
  }));
  return strata(
    layers,
    `The share of ${unit}s that have each feature, from none to all, in the order of the data; amber where fewer than half do.`,
  );
}

function card(shown: Shown, place: number): Markup {
  const { name, feature, facts } = shown;
  const keys = markup`data-place="${place}" data-name="${name.toLowerCase()}" data-type="${facts.type}" data-missing="${facts.missing}" data-distinct="${facts.distinct}"`;
  const values = briefValues(
    facts.top.slice(0, 20).map(({ value }) => value),
    40,
  );
  const find = [name, facts.type, ...values].join(' ').toLowerCase();
  return markup`<article class="card" id="f${place}" data-find="${find}" ${keys}>
<header><h3>${datum(name)}</h3><span class="type">${brief(feature.engineType, 60)}</span></header>
${drawing(shown)}
${factsList(facts, shown.earlier?.facts)}
${feature.time === undefined ? '' : weekAndDay(feature.time, shown.earlier?.feature.time)}
${topValues(shown)}
</article>`;
}

function drawing({ name, table, feature, earlier }: Shown): Markup {
  if (feature.count - feature.nullElements === 0) return markup`<p class="empty">Nothing but nulls.</p>`;
  const before = earlier ?? { table, feature };
  const rows = { before: before.table.rows, after: table.rows };
  const distribution = distributionOf(
    new FeaturePair({ table: table.name, feature: name, before: before.feature, after: feature, rows }),
  );
  return chart(overlayOf(distribution, earlier === undefined ? 'after' : 'both'), name);
}

type Figure = readonly [word: string, of: (facts: Facts) => string | null];

/** The figures on a card; null if one does not apply. How many values there are of a kind, and none of what there are none. */
const COUNTS: readonly Figure[] = [
  ['missing', (facts) => percent(facts.missing)],
  ['distinct', (facts) => estimate(count(facts.distinct), facts.isDistinctExact)],
  ['zeros', (facts) => some(facts.zeros)],
  ['NaN', (facts) => some(facts.nan)],
  ['infinite', (facts) => some(facts.infinite)],
  ['length', (facts) => range(facts.length)],
  ['list length', (facts) => range(facts.listLength)],
  ['longest gap', ({ longestGap: days }) => (days === 0 ? null : counted(days, 'day'))],
  ['mean', (facts) => number(facts, facts.mean)],
  ['std', ({ deviation }) => (deviation === null ? null : magnitude(deviation))],
];

/** Where the values lie. */
const POSITIONS: readonly Figure[] = [
  ['min', (facts) => facts.min],
  ['25 %', (facts) => quartile(facts, 0)],
  ['median', (facts) => quartile(facts, 1)],
  ['75 %', (facts) => quartile(facts, 2)],
  ['max', (facts) => facts.max],
];

/** Two lists side by side, words to the left and figures to the right: `12.6`, or `12.6 → 18.1` if the earlier version had another. */
function factsList(now: Facts, earlier: Facts | undefined): Markup {
  const lists = [COUNTS, POSITIONS].map((figures) => {
    const items = figures.flatMap(([word, of]) => figure(word, of(now), earlier && of(earlier)));
    return items.length === 0 ? '' : markup`<dl>${items}</dl>`;
  });
  return markup`<div class="facts${earlier === undefined ? '' : ' two'}">${lists}</div>`;
}

/** @param before null if the earlier version lacks the figure, undefined if there is no earlier version */
function figure(word: string, now: string | null, before: string | null | undefined): Markup[] {
  if (now === null && (before ?? null) === null) return [];
  const changed =
    before === undefined || before === now ? NO_MARKUP : markup`<span class="was">${before ?? '–'} →</span> `;
  return [markup`<div><dt>${word}</dt><dd>${changed}<span>${now ?? '–'}</span></dd></div>`];
}

function some(value: number): string | null {
  return value === 0 ? null : count(value);
}

function range(of: readonly [number, number] | null): string | null {
  if (of === null) return null;
  const [low, high] = of;
  return low === high ? count(low) : `${count(low)} to ${count(high)}`;
}

function number({ write }: Facts, value: number | null | undefined): string | null {
  return value === null || value === undefined ? null : write(value);
}

function quartile({ quartiles, areQuartilesExact, write }: Facts, at: 0 | 1 | 2): string | null {
  return quartiles === null ? null : estimate(write(quartiles[at]), areQuartilesExact);
}

function topValues({ name, facts, feature, earlier }: Shown): Markup {
  if (facts.top.length === 0) return NO_MARKUP;
  const before = new Map(earlier?.feature.values.values);
  const total = earlier === undefined ? 0 : earlier.feature.count - earlier.feature.nullElements;
  const shown = briefValues(
    facts.top.map(({ value }) => value),
    100,
  );
  const rows = facts.top.map(({ value, share: part }, at) => [
    shown[at] || '(empty)',
    ...(earlier === undefined ? [] : [percent((before.get(value) ?? 0) / total)]),
    percent(part),
  ]);
  const titles = ['value', ...(earlier === undefined ? ['share'] : ['before', 'after'])];
  const more = feature.values.exact
    ? ''
    : markup`<p class="note">Shares are at least these: rarer values are counted by a sketch.</p>`;
  return markup`<details><summary>Most frequent values<span class="unseen"> of ${name}</span></summary>${table(titles, rows, 'rest')}${more}</details>`;
}
