import type { DriftReport, FeatureDrift, FeatureRef, Measure, Side } from '../../drift/model.ts';
import { brief } from '../../wording/neutral.ts';
import { magnitude, probability } from '../../wording/numbers.ts';
import { type Markup, markup, NO_MARKUP } from '../markup.ts';
import { featureTitle, gradeOf, STRENGTH_MEANING, sideSize, strengthWord } from '../phrases.ts';
import { chart } from './charts/chart.ts';
import { overlayOf } from './charts/overlay.ts';
import { sparkline } from './charts/sparkline.ts';
import { badge, datum, type Order, sentence, shortDigest, table } from './parts.ts';
import { type Section, sectionPage, type Titled } from './section.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'strength' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
];

/** The page for people: the answer, then a table of all features, strongest first, with all that is known of each folded behind it. */
export function driftPage(report: DriftReport): string {
  return sectionPage(titledDrift(report));
}

export function titledDrift(report: DriftReport): Titled {
  return {
    title: `Drift: ${brief(report.after.name, 100)}`,
    section: driftSection(report, 'f'),
    orders: ORDERS,
  };
}

/** `ids` begins the ids of the rows, so that one page can have several sections. */
export function driftSection(report: DriftReport, ids: string): Section {
  const { features, before, after } = report;
  return {
    check: 'drift',
    answer: markup`${badge(gradeOf(report.verdict), 'drift')} ${sentence(brief(report.summary, 400))}`,
    head: markup`<dl class="sides">${side('before', before)}${side('after', after)}</dl>
${oneSided('Only after', report.added)}${oneSided('Only before', report.removed)}
<p class="note">${STRENGTH_MEANING}</p>`,
    cards: features.map((feature, place) => row(feature, place, `${ids}${place}`)),
    titles: ['verdict', 'feature', 'strength', 'before and after', 'why'],
    grades: features.map((feature) => gradeOf(feature.verdict)),
    empty: 'No feature is on both sides.',
  };
}

/** Reasons that stand in the table; the others are folded with the measures. */
const MAX_NAMED_REASONS = 2;

function side(title: 'before' | 'after', side: Side): Markup {
  return markup`<div class="${title}"><dt>${title}</dt><dd>${datum(brief(side.name, 200))}${shortDigest(side.digest)}<span>${sideSize(side)}</span></dd></div>`;
}

function oneSided(title: string, features: readonly FeatureRef[]): Markup {
  if (features.length === 0) return NO_MARKUP;
  const items = features.map(
    (feature) => markup`<li>${datum(featureTitle(feature))} <small>${feature.type}</small></li>`,
  );
  return markup`<section class="one-sided"><p>${title}</p><ul>${items}</ul></section>`;
}

/** A table body: the row, and one with the details, which opens below it. */
function row(feature: FeatureDrift, place: number, id: string): Markup {
  const name = featureTitle(feature);
  const grade = gradeOf(feature.verdict);
  const keys = markup`data-place="${place}" data-name="${name.toLowerCase()}" data-type="${feature.type}"`;
  const reasons = feature.reasons.map((reason) => markup`<li>${reasonText(reason)}</li>`);
  const more = reasons.slice(MAX_NAMED_REASONS);
  const rest = more.length > 0 ? markup`<ul class="reasons">${more}</ul>` : '';
  return markup`<tbody class="card" id="${id}" data-grade="${grade}" data-find="${`${name} ${feature.type}`.toLowerCase()}" ${keys}>
<tr><td class="verdict">${badge(grade, 'drift')}<th scope="row" class="name">${datum(name)} <small>${feature.type}</small><td class="strength"><b>${magnitude(feature.strength)}×</b> <small>${strengthWord(feature)}</small><td class="spark">${showsChance(feature) ? '' : sparkline(feature.distribution)}<td class="why"><ul class="reasons">${reasons.slice(0, MAX_NAMED_REASONS)}</ul>
<tr class="more"><td colspan="5"><details><summary>Details<span class="unseen"> of ${name}</span></summary><div class="detail">${chart(overlayOf(feature.distribution, 'both'), name)}<div tabindex="0">${rest}${measures(feature.measures)}</div></div></details>
</tbody>`;
}

/** Values that together hold less than this, and did not drift, show chance and no shape. */
const MIN_NAMED_SHARE = 0.25;

function showsChance({ verdict, distribution }: FeatureDrift): boolean {
  if (verdict !== 'none' || distribution.kind !== 'categorical') return false;
  const others = distribution.labels.indexOf(null);
  return (
    others >= 0 && Math.max(distribution.before[others]!, distribution.after[others]!) > 1 - MIN_NAMED_SHARE
  );
}

/** A percentage stays on one line. */
function reasonText(reason: string): Markup {
  return sentence(brief(reason, 300).replaceAll(' %', '\u00a0%'));
}

function measures(all: readonly Measure[]): Markup {
  const optional = (value: number | undefined): string => (value === undefined ? '–' : magnitude(value));
  const rows = all.map((one) => [
    one.name,
    magnitude(one.value),
    optional(one.threshold),
    optional(one.expected),
    one.pValue === undefined ? '–' : probability(one.pValue),
    one.errorBound ? magnitude(one.errorBound) : '–',
  ]);
  return table(['measure', 'value', 'threshold', 'by chance', 'p', 'may hide'], rows, 'rest');
}
