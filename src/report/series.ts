import type { DriftSeries, Side } from '../drift/model.ts';
import { brief, neutral } from '../wording/neutral.ts';
import { count, counted } from '../wording/numbers.ts';
import { reasonOf } from './phrases.ts';

export type SeriesFeature = DriftSeries['features'][number];
export type SeriesStep = NonNullable<SeriesFeature['steps'][number]>;

/** `▁` is half a threshold at most, `█` four times it or more; no drift draws no higher than the second. */
const LEVELS = '▁▂▃▄▅▆▇█';
const MAX_SHOWN = 4;

/** The answer in one line: `data/flights.csv: 2 steps of 5 drifted over 6 versions`. Neutral. */
export function seriesSummary(series: DriftSeries): string {
  const { steps, versions } = series;
  const drifted = steps.filter(({ verdict }) => verdict === 'drift').length;
  return `${seriesDataset(series)}: ${counted(drifted, 'step')} of ${count(steps.length)} drifted over ${counted(versions.length, 'version')}`;
}

/** The dataset of which the versions are, as its newest is named. Neutral. */
export function seriesDataset({ versions }: DriftSeries): string {
  const { name } = versions.at(-1)!;
  const end = name.lastIndexOf('@');
  return brief(end > 0 ? name.slice(0, end) : name, 200);
}

export function everChanged({ features }: DriftSeries): SeriesFeature[] {
  return features.filter(({ steps }) => steps.some((step) => step && step.verdict !== 'none'));
}

/** The revision of a version's name `path@revision`. Neutral. */
export function revision({ name }: Side): string {
  return neutral(name.slice(name.lastIndexOf('@') + 1));
}

/** One bar a step; a blank if a side lacks the feature. */
export function strengthLine({ steps }: SeriesFeature): string {
  return steps
    .map((step) =>
      step === null
        ? ' '
        : LEVELS[Math.min(LEVELS.length - 1, Math.floor((step.strength / MAX_SHOWN) * LEVELS.length))]!,
    )
    .join('');
}

/** The step in which the feature changed most; undefined if no version that follows another has it. */
export function loudestStep({ steps }: SeriesFeature): SeriesStep | undefined {
  return steps.reduce((a, b) => ((b?.strength ?? 0) > (a?.strength ?? 0) ? b : (a ?? b)), null) ?? undefined;
}

/** The first reason of that step. Raw: neutralise before showing. */
export function loudestReason(feature: SeriesFeature): string {
  const loudest = loudestStep(feature);
  return loudest === undefined ? '' : reasonOf(loudest);
}
