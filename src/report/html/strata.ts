import { scaleLog } from 'd3-scale';
import type { FeatureDrift } from '../../drift/model.ts';
import { markup } from '../markup.ts';
import { magnitude } from '../numbers.ts';
import { featureName, gradeOf } from '../words.ts';
import { units } from './overlay.ts';

const size = { width: 1200, height: 120, top: 10, bottom: 112 } as const;
const most = 300;
/** Strengths below this are drawn alike: a twentieth of the way to drift. */
const least = 0.05;

/**
 * Every feature's strength side by side, on a logarithmic scale with the threshold at 1: how much drifted, and how far,
 * before anything is read. Each bar leads to its card. Of more than 300 features, evenly chosen ones.
 */
export function strata(features: readonly FeatureDrift[]): string {
  const every = Math.ceil(features.length / most);
  const shown = features
    .map((feature, place) => ({ ...feature, place }))
    .filter(({ place }) => place % every === 0);
  if (shown.length === 0) return '';
  const strongest = Math.max(2, ...shown.map((feature) => feature.strength));
  const y = scaleLog([least, strongest], [size.bottom - 3, size.top]).clamp(true);
  const step = size.width / shown.length;
  const thickness = Math.min(step * 0.8, step - 0.5);
  const bars = shown.map((feature, at) => {
    const top = y(Math.max(least, feature.strength));
    const title = `${featureName(feature)}: ${magnitude(feature.strength)}`;
    return `<a href="#f${feature.place}" tabindex="-1"><title>${markup(title)}</title><rect class="hit" x="${units(at * step)}" y="0" width="${units(step)}" height="${size.height}"/><rect class="${gradeOf(feature.verdict)}" x="${units(at * step + (step - thickness) / 2)}" y="${units(top)}" width="${units(thickness)}" height="${units(size.bottom - top)}"/></a>`;
  });
  const line = units(y(1));
  return `<figure class="strata"><svg viewBox="0 0 ${size.width} ${size.height}" preserveAspectRatio="none" aria-hidden="true">${bars.join('')}<path class="threshold" d="M0,${line}H${size.width}"/></svg>
<figcaption>Strength of ${every === 1 ? 'each feature' : `one feature in ${every}`}, strongest first; the line is the threshold of drift.</figcaption></figure>`;
}
