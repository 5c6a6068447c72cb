import type { DriftReport, FeatureDrift, FeatureRef, Measure, Side } from '../../drift/model.ts';
import { counted, magnitude, probability } from '../../wording/numbers.ts';
import { markup } from '../markup.ts';
import { brief } from '../neutral.ts';
import { featureTitle, gradeOf } from '../phrases.ts';
import { chart } from './chart.ts';
import { overlayOf } from './overlay.ts';
import { badge, datum, type Order, shortDigest, table } from './parts.ts';
import { type Section, sectionPage } from './section.ts';
import { strengthScale, strengthStrata } from './strengths.ts';

const orders: readonly Order[] = [
  { key: 'place', title: 'strength' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
];

/** The page for people: the answer, every feature's strength at a glance, then a card a feature with both distributions. */
export function driftPage(report: DriftReport): string {
  return sectionPage(`Drift: ${brief(report.after.name, 100)}`, driftSection(report, 'f'), orders);
}

/** `ids` begins the ids of the cards, so that one page can have several sections. */
export function driftSection(report: DriftReport, ids: string): Section {
  const { features, before, after } = report;
  return {
    check: 'drift',
    answer: `${badge(gradeOf(report.verdict), 'drift')} ${markup(brief(report.summary, 400))}`,
    head: `<dl class="sides">${side('before', before)}${side('after', after)}</dl>
${strengths(features, ids)}
${oneSided('Only after', report.added)}${oneSided('Only before', report.removed)}`,
    cards: features.map((feature, place) => card(feature, place, `${ids}${place}`)),
    grades: features.map((feature) => gradeOf(feature.verdict)),
    empty: 'No feature is on both sides.',
  };
}

/** Reasons that stand under the drawing; the others are folded with the measures. */
const named = 2;

function strengths(features: readonly FeatureDrift[], ids: string): string {
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

function side(title: 'before' | 'after', { name, digest, rows }: Side): string {
  return `<div class="${title}"><dt>${title}</dt><dd>${datum(brief(name, 200))}${shortDigest(digest)}<span>${counted(rows, 'row')}</span></dd></div>`;
}

function oneSided(title: string, features: readonly FeatureRef[]): string {
  if (features.length === 0) return '';
  const items = features.map(
    (feature) => `<li>${datum(featureTitle(feature))} <small>${markup(feature.type)}</small></li>`,
  );
  return `<section class="one-sided"><p>${title}</p><ul>${items.join('')}</ul></section>`;
}

function card(feature: FeatureDrift, place: number, id: string): string {
  const name = featureTitle(feature);
  const grade = gradeOf(feature.verdict);
  const keys = `data-place="${place}" data-name="${markup(name.toLowerCase())}" data-type="${markup(feature.type)}"`;
  const reasons = feature.reasons.map((reason) => `<li>${sentence(reason)}</li>`);
  const more = reasons.length > named ? `<ul class="reasons">${reasons.slice(named).join('')}</ul>` : '';
  return `<article class="card" id="${id}" data-grade="${grade}" data-find="${markup(`${name} ${feature.type}`.toLowerCase())}" ${keys}>
<header><h3>${datum(name)}</h3><span class="type">${markup(feature.type)}</span>${badge(grade, 'drift', ` ${magnitude(feature.strength)}×`)}</header>
${chart(overlayOf(feature.distribution, feature.type, 'both'), name)}
${reasons.length > 0 ? `<ul class="reasons">${reasons.slice(0, named).join('')}</ul>` : ''}
<details><summary>Measures<span class="unseen"> of ${markup(name)}</span></summary>${more}${measures(feature.measures)}</details>
</article>`;
}

/** A percentage stays on one line. */
function sentence(reason: string): string {
  return markup(brief(reason, 300)).replaceAll(' %', '\u00a0%');
}

function measures(all: readonly Measure[]): string {
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
