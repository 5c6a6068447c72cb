import type { DriftReport, FeatureDrift, FeatureRef, Measure, Side } from '../../drift/model.ts';
import { brief } from '../../wording/neutral.ts';
import { counted, magnitude, probability } from '../../wording/numbers.ts';
import { type Markup, markup, NO_MARKUP } from '../markup.ts';
import { featureTitle, gradeOf } from '../phrases.ts';
import { chart } from './chart.ts';
import { overlayOf } from './overlay.ts';
import { badge, datum, type Order, shortDigest, table } from './parts.ts';
import { type Section, sectionPage } from './section.ts';
import { strengthScale, strengthStrata } from './strengths.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'strength' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
];

/** The page for people: the answer, every feature's strength at a glance, then a card a feature with both distributions. */
export function driftPage(report: DriftReport): string {
  return sectionPage(`Drift: ${brief(report.after.name, 100)}`, driftSection(report, 'f'), ORDERS);
}

/** `ids` begins the ids of the cards, so that one page can have several sections. */
export function driftSection(report: DriftReport, ids: string): Section {
  const { features, before, after } = report;
  return {
    check: 'drift',
    answer: markup`${badge(gradeOf(report.verdict), 'drift')} ${brief(report.summary, 400)}`,
    head: markup`<dl class="sides">${side('before', before)}${side('after', after)}</dl>
${strengths(features, ids)}
${oneSided('Only after', report.added)}${oneSided('Only before', report.removed)}`,
    cards: features.map((feature, place) => card(feature, place, `${ids}${place}`)),
    grades: features.map((feature) => gradeOf(feature.verdict)),
    empty: 'No feature is on both sides.',
  };
}

/** Reasons that stand under the drawing; the others are folded with the measures. */
const MAX_NAMED_REASONS = 2;

function strengths(features: readonly FeatureDrift[], ids: string): Markup {
  const all = features.map((feature) => ({
    name: featureTitle(feature),
    strength: feature.strength,
    verdict: feature.verdict,
  }));
  const height = strengthScale(all.map(({ strength }) => strength));
  return strengthStrata(
    all,
    ids,
    height,
    'Strength of each feature, by verdict; the line is the threshold of drift.',
  );
}

function side(title: 'before' | 'after', { name, digest, rows }: Side): Markup {
  return markup`<div class="${title}"><dt>${title}</dt><dd>${datum(brief(name, 200))}${shortDigest(digest)}<span>${counted(rows, 'row')}</span></dd></div>`;
}

function oneSided(title: string, features: readonly FeatureRef[]): Markup {
  if (features.length === 0) return NO_MARKUP;
  const items = features.map(
    (feature) => markup`<li>${datum(featureTitle(feature))} <small>${feature.type}</small></li>`,
  );
  return markup`<section class="one-sided"><p>${title}</p><ul>${items}</ul></section>`;
}

function card(feature: FeatureDrift, place: number, id: string): Markup {
  const name = featureTitle(feature);
  const grade = gradeOf(feature.verdict);
  const keys = markup`data-place="${place}" data-name="${name.toLowerCase()}" data-type="${feature.type}"`;
  const reasons = feature.reasons.map((reason) => markup`<li>${sentence(reason)}</li>`);
  const more =
    reasons.length > MAX_NAMED_REASONS
      ? markup`<ul class="reasons">${reasons.slice(MAX_NAMED_REASONS)}</ul>`
      : '';
  return markup`<article class="card" id="${id}" data-grade="${grade}" data-find="${`${name} ${feature.type}`.toLowerCase()}" ${keys}>
<header><h3>${datum(name)}</h3><span class="type">${feature.type}</span>${badge(grade, 'drift', ` ${magnitude(feature.strength)}×`)}</header>
${chart(overlayOf(feature.distribution, 'both'), name)}
${reasons.length > 0 ? markup`<ul class="reasons">${reasons.slice(0, MAX_NAMED_REASONS)}</ul>` : ''}
<details><summary>Measures<span class="unseen"> of ${name}</span></summary>${more}${measures(feature.measures)}</details>
</article>`;
}

/** A percentage stays on one line. */
function sentence(reason: string): string {
  return brief(reason, 300).replaceAll(' %', '\u00a0%');
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
