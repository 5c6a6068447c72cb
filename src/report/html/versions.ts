import { scaleLinear } from 'd3-scale';
import type { DistributionOverTime, DriftSeries } from '../../drift/model.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { magnitude, moment, percent, valueWriter } from '../../wording/numbers.ts';
import { type Markup, markup, NO_MARKUP, type Part } from '../markup.ts';
import { gradeOf, strengthWord } from '../phrases.ts';
import { revision, type SeriesFeature } from '../series.ts';
import { CANVAS, type Drawing, units } from './charts/overlay.ts';
import { drawnStrength, type Height } from './charts/strengths.ts';

/** Where values lie above, and strengths below, one column a version. */
const VALUES = { top: 10, bottom: 96 } as const;
const STRENGTHS = { top: 108, bottom: 148 } as const;
const LEFT = 58;
const { right: RIGHT } = CANVAS;

type Quantiles = Extract<DistributionOverTime, { kind: 'numeric' | 'time' }>;
type Categories = Extract<DistributionOverTime, { kind: 'categorical' }>;

/** One feature in all versions, the oldest first: quantile bands or shares of the top values, and below the strength of each step. */
export function versionsDrawing(feature: SeriesFeature, { versions }: DriftSeries, height: Height): Drawing {
  const width = (RIGHT - LEFT) / versions.length;
  const stops = Array.from({ length: versions.length + 1 }, (_, at) => LEFT + at * width);
  const names = versions.map(shortName);
  const ends = endNames(versions);
  const label = (at: 0 | 1, x: number, anchor: string): Markup =>
    markup`<text x="${x}" y="${STRENGTHS.bottom + 16}" text-anchor="${anchor}">${brief(ends[at], 20)}</text>`;
  return {
    shapes: [
      feature.overTime === undefined ? '' : distribution(feature.overTime, stops),
      stepBars(feature, stops, height),
      markup`<path class="axis" d="M${LEFT},${STRENGTHS.bottom}H${RIGHT}"/>`,
      label(0, LEFT, 'start'),
      label(1, RIGHT, 'end'),
    ],
    names,
    shares: versions.map((_, at) => [
      [valuesAt(feature.overTime, at), stepAt(feature, at)].filter(Boolean).join('; '),
    ]),
    direction: 'across',
    stops,
  };
}

function shortName(version: DriftSeries['versions'][number]): string {
  const day = version.date?.slice(0, 10);
  return neutral(day === undefined ? revision(version) : `${revision(version)}, ${day}`);
}

/** The oldest and the newest version in few words: their days, or their names where the days are unknown or the same. */
function endNames(versions: DriftSeries['versions']): [string, string] {
  const [first, last] = [versions[0]!, versions.at(-1)!];
  const days = [first, last].map(({ date }) => date?.slice(0, 10));
  const areDays = days[0] !== undefined && days[1] !== undefined && days[0] !== days[1];
  return areDays
    ? [neutral(days[0]!), neutral(days[1]!)]
    : [neutral(revision(first)), neutral(revision(last))];
}

function distribution(of: DistributionOverTime, stops: readonly number[]): Part {
  return of.kind === 'categorical' ? stacked(of, stops) : bands(of, stops);
}

/** The middle half of the values dark, nearly all of them light, the median as a line. A version without values is a gap. */
function bands(of: Quantiles, stops: readonly number[]): Part {
  const all = of.quantiles.flatMap((one) => one ?? []);
  const [least, greatest] = [Math.min(...all), Math.max(...all)];
  if (all.length === 0 || !Number.isFinite(greatest - least)) return '';
  const y = scaleLinear(least < greatest ? [least, greatest] : [least - 1, least + 1], [
    VALUES.bottom,
    VALUES.top,
  ]);
  const band = (low: number, high: number, tone: string): Markup => {
    const parts = of.quantiles.flatMap((one, at) =>
      one === null
        ? []
        : [
            `M${units(stops[at]!)},${units(y(one[low]!))}V${units(y(one[high]!))}H${units(stops[at + 1]!)}V${units(y(one[low]!))}Z`,
          ],
    );
    return markup`<path class="${tone}" d="${parts.join('')}"/>`;
  };
  const last = of.levels.length - 1;
  const lines = of.quantiles.flatMap((one, at) =>
    one === null ? [] : [`M${units(stops[at]!)},${units(y(one[last / 2]!))}H${units(stops[at + 1]!)}`],
  );
  const name = of.kind === 'time' ? moment : valueWriter(least, greatest);
  const ends = least < greatest ? [least, greatest] : [least];
  return [
    band(0, last, 'outer'),
    band(1, last - 1, 'half'),
    markup`<path class="median" d="${lines.join('')}"/>`,
    ...ends.map((value) => mark(y(value), name(value))),
  ];
}

function mark(y: number, text: string): Markup {
  return markup`<text x="${LEFT - 4}" y="${units(y + 3.5)}" text-anchor="end">${brief(text, 10)}</text>`;
}

/** The shares of the top values, one on the other, from the most frequent up. */
function stacked(of: Categories, stops: readonly number[]): Part {
  if (of.labels.every((label) => label === null)) {
    const text = of.shares.every((shares) => shares === null)
      ? 'Nothing but nulls.'
      : 'No value is frequent.';
    return markup`<text x="${units((LEFT + RIGHT) / 2)}" y="${(VALUES.top + VALUES.bottom) / 2}" text-anchor="middle">${text}</text>`;
  }
  const y = scaleLinear([0, 1], [VALUES.bottom, VALUES.top]);
  const shapes = of.shares.flatMap((shares, at) => {
    let reached = 0;
    return (shares ?? []).map((share, label) => {
      const bottom = reached;
      reached = Math.min(1, reached + share);
      const size = markup`x="${units(stops[at]!)}" y="${units(y(reached))}" width="${units(stops[at + 1]! - stops[at]! - 0.5)}" height="${units(y(bottom) - y(reached))}"`;
      return markup`<rect class="${tone(of, label)}" ${size}/>`;
    });
  });
  return [...shapes, mark(y(1), '100 %'), mark(y(0), '0')];
}

function tone({ labels }: Categories, label: number): string {
  return labels[label] === null ? 'rest' : `c${label}`;
}

/** What the colours of a drawing mean. */
export function legend({ overTime }: SeriesFeature): Markup {
  if (overTime === undefined) return markup`<p class="note">Its type is not the same in all versions.</p>`;
  if (overTime.kind !== 'categorical') {
    const level = (at: number): string => percent(overTime.levels.at(at)!);
    return markup`<ul class="legend"><li class="outer">${level(0)} to ${level(-1)}<li class="half">${level(1)} to ${level(-2)}<li class="median">median</ul>`;
  }
  const items = overTime.labels.map(
    (label, at) =>
      markup`<li class="${tone(overTime, at)}"><bdi>${label === null ? 'all others' : brief(label, 60) || '(empty)'}</bdi>`,
  );
  return items.length === 0 ? NO_MARKUP : markup`<ul class="legend">${items}</ul>`;
}

/** A bar below each version but the first, for the step that led to it; none if a side lacks the feature. */
function stepBars({ steps }: SeriesFeature, stops: readonly number[], height: Height): Part {
  const y = (strength: number): number =>
    STRENGTHS.bottom - Math.max(0.02, height(strength)) * (STRENGTHS.bottom - STRENGTHS.top);
  const bars = steps.map((step, at) => {
    if (step === null) return '';
    const [from, to] = [stops[at + 1]!, stops[at + 2]!];
    const top = y(drawnStrength(step));
    return markup`<rect class="${gradeOf(step.verdict)}" x="${units(from + 0.1 * (to - from))}" y="${units(top)}" width="${units(0.8 * (to - from))}" height="${units(STRENGTHS.bottom - top)}"/>`;
  });
  const line = units(y(1));
  return [...bars, markup`<path class="threshold" d="M${LEFT},${line}H${RIGHT}"/>`, mark(y(1), '1×')];
}

function valuesAt(of: DistributionOverTime | undefined, at: number): string {
  if (of === undefined) return '';
  if (of.kind === 'categorical') {
    const shares = of.shares[at];
    return shares
      ? of.labels
          .map(
            (label, i) =>
              `${label === null ? 'all others' : brief(label, 24) || '(empty)'} ${percent(shares[i]!)}`,
          )
          .join(', ')
      : 'no values';
  }
  const found = of.quantiles[at];
  if (!found) return 'no values';
  const name = of.kind === 'time' ? moment : valueWriter(found[0]!, found.at(-1)!);
  return of.levels
    .map((level, i) => `${level === 0.5 ? 'median' : percent(level)} ${name(found[i]!)}`)
    .join(', ');
}

function stepAt({ steps }: SeriesFeature, at: number): string {
  if (at === 0) return '';
  const step = steps[at - 1];
  if (!step) return 'not on both sides';
  const reason = step.reasons[0] === undefined ? '' : `, ${brief(step.reasons[0], 120)}`;
  return `${magnitude(step.strength)}×, ${strengthWord(step)}${reason}`;
}
