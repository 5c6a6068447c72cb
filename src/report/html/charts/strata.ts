import { type Markup, markup, NO_MARKUP } from '../../markup.ts';
import { units } from './overlay.ts';

const SIZE = { width: 1200, height: 120, top: 10, bottom: 112 } as const;
const MAX_LAYERS = 300;

export interface Layer {
  readonly title: string;
  /** The id of the card that it leads to. */
  readonly id: string;
  /** 0 to 1. */
  readonly height: number;
  readonly tone: string;
}

/**
 * A layer a feature, side by side: the whole dataset before anything is read. Each leads to its card. Of more than 300,
 * evenly chosen ones. `line` marks a height.
 */
export function strata(layers: readonly Layer[], caption: string, line?: number): Markup {
  const every = Math.ceil(layers.length / MAX_LAYERS);
  const shown = layers.filter((_, at) => at % every === 0);
  if (shown.length === 0) return NO_MARKUP;
  const step = SIZE.width / shown.length;
  const thickness = Math.min(step * 0.8, step - 0.5);
  const y = (height: number): number => SIZE.bottom - Math.max(3, height * (SIZE.bottom - SIZE.top));
  const bars = shown.map(({ title, id, height, tone }, at) => {
    const box = markup`x="${units(at * step + (step - thickness) / 2)}" y="${units(y(height))}" width="${units(thickness)}" height="${units(SIZE.bottom - y(height))}"`;
    return markup`<a href="#${id}" tabindex="-1"><title>${title}</title><rect class="hit" x="${units(at * step)}" y="0" width="${units(step)}" height="${SIZE.height}"/><rect class="${tone}" ${box}/></a>`;
  });
  const mark =
    line === undefined ? '' : markup`<path class="threshold" d="M0,${units(y(line))}H${SIZE.width}"/>`;
  const sample = every === 1 ? '' : ` One feature in ${every} is shown.`;
  return markup`<figure class="strata"><svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" preserveAspectRatio="none" aria-hidden="true">${bars}${mark}</svg>
<figcaption>${caption}${sample}</figcaption></figure>`;
}
