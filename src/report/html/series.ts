import { verdictRank } from '../../drift/decide.ts';
import type { DriftSeries, Verdict } from '../../drift/model.ts';
import { brief } from '../../wording/neutral.ts';
import { magnitude } from '../../wording/numbers.ts';
import { type Markup, markup } from '../markup.ts';
import { featureTitle, gradeOf, STRENGTH_MEANING, sideSize, strengthWord } from '../phrases.ts';
import { loudestStep, revision, type SeriesFeature, seriesDataset, seriesSummary } from '../series.ts';
import { framed } from './charts/chart.ts';
import { drawnStrength, type Height, strengthScale } from './charts/strengths.ts';
import { badge, datum, type Order, sentence } from './parts.ts';
import { sectionPage, type Titled } from './section.ts';
import { legend, versionsDrawing } from './versions.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'strongest step' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
];

/** A history for people: the answer, each step, then a card a feature with its distribution in every version and its strength at every step. */
export function seriesPage(series: DriftSeries): string {
  return sectionPage(titledSeries(series));
}

export function titledSeries(series: DriftSeries): Titled {
  const { features } = series;
  const height = strengthScale(
    features.flatMap(({ steps }) => steps.map((step) => (step ? drawnStrength(step) : 0))),
  );
  const worst = gravest(series.steps.map(({ verdict }) => verdict));
  const section = {
    check: 'drift' as const,
    answer: markup`${badge(gradeOf(worst), 'drift')} ${seriesSummary(series)}`,
    head: markup`${steps(series)}\n<p class="note">Each drawing has the versions from the oldest to the newest: above, how the values are distributed; below, how strongly each version drifted from the one before. ${STRENGTH_MEANING}</p>`,
    cards: features.map((feature, place) => card(feature, series, place, height)),
    grades: features.map((feature) => gradeOf(verdictOf(feature))),
    empty: 'No feature is in two versions that follow each other.',
  };
  return { title: `Drift of ${seriesDataset(series)} by version`, section, orders: ORDERS };
}

function gravest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((worst, one) => (verdictRank(one) > verdictRank(worst) ? one : worst), 'none');
}

function verdictOf({ steps }: SeriesFeature): Verdict {
  return gravest(steps.map((step) => step?.verdict ?? 'none'));
}

/** The newest first, as in a log. */
function steps({ versions, steps: all }: DriftSeries): Markup {
  const rows = all.map(({ verdict, summary }, at) => {
    const after = versions[at + 1]!;
    const day = after.date?.slice(0, 10) ?? '';
    return markup`<tr><td>${badge(gradeOf(verdict), 'drift')}<td><code>${revision(after)}</code><td>${day}<td>${sideSize(after)}<td>${sentence(brief(summary, 200))}`;
  });
  const head = ['verdict', 'version', 'date', 'size', 'against the one before'];
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
<header><h3>${datum(name)}</h3><span class="type">${type}</span>${badge(grade, 'drift', loudest === undefined ? '' : ` ${magnitude(loudest.strength)}×, ${strengthWord(loudest)}`)}</header>
${framed(versionsDrawing(feature, series, height), `${name} by version`)}
${legend(feature)}
${reason === undefined ? '' : markup`<ul class="reasons"><li>${sentence(brief(reason, 300))}</li></ul>`}
</article>`;
}
