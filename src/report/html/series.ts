import { verdictRank } from '../../drift/decide.ts';
import type { DriftSeries, Verdict } from '../../drift/model.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { count, magnitude } from '../../wording/numbers.ts';
import { type Markup, markup } from '../markup.ts';
import { featureTitle, gradeOf } from '../phrases.ts';
import { loudestStep, revision, type SeriesFeature, seriesSummary } from '../series.ts';
import { framed } from './chart.ts';
import { CANVAS, type Drawing, units } from './overlay.ts';
import { badge, datum, type Order } from './parts.ts';
import { sectionPage } from './section.ts';
import { strengthScale, strengthStrata } from './strengths.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'strongest step' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
];

/** A history for people: the answer, each feature at its strongest, each step, then a card a feature with its strength at every step. */
export function seriesPage(series: DriftSeries): string {
  const { features } = series;
  const height = strengthScale(features.flatMap(({ steps }) => steps.map((step) => step?.strength ?? 0)));
  const worst = gravest(series.steps.map(({ verdict }) => verdict));
  return sectionPage(
    'Drift by version',
    {
      check: 'drift',
      answer: markup`${badge(gradeOf(worst), 'drift')} ${seriesSummary(series)}`,
      head: markup`${strongest(features, height)}\n${steps(series)}`,
      cards: features.map((feature, place) => card(feature, series, place, height)),
      grades: features.map((feature) => gradeOf(verdictOf(feature))),
      empty: 'No feature is in two versions that follow each other.',
    },
    ORDERS,
  );
}

type Height = (strength: number) => number;

function gravest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((worst, one) => (verdictRank(one) > verdictRank(worst) ? one : worst), 'none');
}

function verdictOf({ steps }: SeriesFeature): Verdict {
  return gravest(steps.map((step) => step?.verdict ?? 'none'));
}

function strongest(features: readonly SeriesFeature[], height: Height): Markup {
  const strengths = features.map((feature) => ({
    name: featureTitle(feature),
    strength: loudestStep(feature)?.strength ?? 0,
    verdict: verdictOf(feature),
  }));
  const caption =
    'Strength of each feature at its strongest step, by verdict; the line is the threshold of drift.';
  return strengthStrata(strengths, 'f', height, caption);
}

/** The newest first, as in a log. */
function steps({ versions, steps: all }: DriftSeries): Markup {
  const rows = all.map(({ verdict, summary }, at) => {
    const after = versions[at + 1]!;
    const day = after.date?.slice(0, 10) ?? '';
    return markup`<tr><td>${badge(gradeOf(verdict), 'drift')}<td><code>${revision(after)}</code><td>${day}<td>${count(after.rows)}<td>${brief(summary, 200)}`;
  });
  const head = ['verdict', 'version', 'date', 'rows', 'against the one before'];
  return markup`<div class="steps" tabindex="0" role="region" aria-label="Versions"><table><thead><tr>${head.map((title) => markup`<th scope="col">${title}`)}<tbody>${rows.reverse()}</table></div>`;
}

function card(feature: SeriesFeature, series: DriftSeries, place: number, height: Height): Markup {
  const name = featureTitle(feature);
  const { type } = feature;
  const grade = gradeOf(verdictOf(feature));
  const loudest = loudestStep(feature);
  const keys = markup`data-place="${place}" data-name="${name.toLowerCase()}" data-type="${type}"`;
  const reason = loudest?.reasons[0];
  return markup`<article class="card" id="f${place}" data-grade="${grade}" data-find="${`${name} ${type}`.toLowerCase()}" ${keys}>
<header><h3>${datum(name)}</h3><span class="type">${type}</span>${badge(grade, 'drift', ` ${magnitude(loudest?.strength ?? 0)}×`)}</header>
${framed(stepBars(feature, series, height), `Strength of drift of ${name} by version`)}
${reason === undefined ? '' : markup`<ul class="reasons"><li>${brief(reason, 300)}</li></ul>`}
</article>`;
}

/** A bar a step, the oldest first; none if a side lacks the feature. */
function stepBars({ steps: all }: SeriesFeature, { versions }: DriftSeries, height: Height): Drawing {
  const { left, right, top, bottom } = CANVAS;
  const width = (right - left) / all.length;
  const y = (strength: number): number => bottom - Math.max(0.02, height(strength)) * (bottom - top);
  const bars = all.map((step, at) =>
    step === null
      ? ''
      : markup`<rect class="${gradeOf(step.verdict)}" x="${units(left + (at + 0.1) * width)}" y="${units(y(step.strength))}" width="${units(0.8 * width)}" height="${units(bottom - y(step.strength))}"/>`,
  );
  const label = (at: number, x: number, anchor: string): Markup =>
    markup`<text x="${x}" y="${bottom + 16}" text-anchor="${anchor}">${brief(shortName(versions[at + 1]!), 24)}</text>`;
  const last = all.length - 1;
  return {
    shapes: [
      ...bars,
      markup`<path class="threshold" d="M${left},${units(y(1))}H${right}"/><text x="${left - 4}" y="${units(y(1) + 3.5)}" text-anchor="end">1×</text>`,
      markup`<path class="axis" d="M${left},${bottom}H${right}"/>`,
      label(0, left, 'start'),
      last === 0 ? '' : label(last, right, 'end'),
    ],
    names: all.map((_, at) => shortName(versions[at + 1]!)),
    shares: all.map((step) => [
      step === null
        ? 'not on both sides'
        : `${magnitude(step.strength)}×${step.reasons[0] === undefined ? '' : `, ${brief(step.reasons[0], 120)}`}`,
    ]),
    direction: 'across',
    stops: Array.from({ length: all.length + 1 }, (_, at) => left + at * width),
  };
}

function shortName(version: DriftSeries['versions'][number]): string {
  const day = version.date?.slice(0, 10);
  return neutral(day === undefined ? revision(version) : `${revision(version)}, ${day}`);
}
