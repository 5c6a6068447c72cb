import type { DriftSeries, Side } from '../drift/model.ts';
import { neutral } from './neutral.ts';
import { counted } from './numbers.ts';

export type SeriesFeature = DriftSeries['features'][number];

/** `▁` is half a threshold at most, `█` four times it or more; no drift draws no higher than the second. */
const levels = '▁▂▃▄▅▆▇█';
const top = 4;

/** The answer in one line: `2 steps of 5 drifted over 6 versions`. */
export function seriesSummary({ steps, versions }: DriftSeries): string {
  const drifted = steps.filter(({ verdict }) => verdict === 'drift').length;
  return `${counted(drifted, 'step')} of ${steps.length} drifted over ${counted(versions.length, 'version')}`;
}

export function everChanged({ features }: DriftSeries): SeriesFeature[] {
  return features.filter(({ steps }) => steps.some((step) => step && step.verdict !== 'none'));
}

/** The revision of a version's name `path@revision`. Neutral. */
export function revision({ name }: Side): string {
  return neutral(name.slice(name.lastIndexOf('@') + 1));
}

/** One bar a step; a blank where a side lacks the feature. */
export function strengthLine({ steps }: SeriesFeature): string {
  return steps
    .map((step) =>
      step === null
        ? ' '
        : levels[Math.min(levels.length - 1, Math.floor((step.strength / top) * levels.length))]!,
    )
    .join('');
}

/** The first reason of the step in which the feature changed most. Raw: neutralise before showing. */
export function loudestReason({ steps }: SeriesFeature): string {
  const loudest = steps.reduce((a, b) => ((b?.strength ?? 0) > (a?.strength ?? 0) ? b : a));
  return loudest?.reasons[0] ?? '';
}
