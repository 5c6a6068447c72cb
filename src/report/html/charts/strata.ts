import { type Markup, markup, NO_MARKUP } from '../../markup.ts';
import { units } from './overlay.ts';

const SIZE = { width: 1200, height: 120, top: 10, bottom: 112 } as const;
const MAX_LAYERS = 300;
/** So many names have room below their layers. */
const MAX_NAMES = 20;
/** Wider layers look like areas. */
const MAX_THICKNESS = 48;

export interface Layer {
  readonly name: string;
  readonly title: string;
  /** The id of the card that it leads to. */
  readonly id: string;
  /** 0 to 1. */
  readonly height: number;
  readonly tone: string;
}

/**
 * A layer a feature, side by side: the whole dataset before anything is read. Each leads to its card. Of more than 300,
 * evenly chosen ones. Few have their names below.
 */
export function strata(layers: readonly Layer[], caption: string): Markup {
  const every = Math.ceil(layers.length / MAX_LAYERS);
  const shown = layers.filter((_, at) => at % every === 0);
  if (shown.length === 0) return NO_MARKUP;
  const step = SIZE.width / shown.length;
  const thickness = Math.min(step * 0.8, step - 0.5, MAX_THICKNESS);
  const y = (height: number): number => SIZE.bottom - Math.max(3, height * (SIZE.bottom - SIZE.top));
  const bars = shown.map(({ title, id, height, tone }, at) => {
    const box = markup`x="${units(at * step + (step - thickness) / 2)}" y="${units(y(height))}" width="${units(thickness)}" height="${units(SIZE.bottom - y(height))}"`;
    return markup`<a href="#${id}" tabindex="-1"><title>${title}</title><rect class="hit" x="${units(at * step)}" y="0" width="${units(step)}" height="${SIZE.height}"/><rect class="${tone}" ${box}/></a>`;
  });
  const names =
    shown.length > MAX_NAMES
      ? ''
      : markup`<div class="names" aria-hidden="true">${shown.map(({ name, title }) => markup`<span title="${title}">${name}</span>`)}</div>`;
  const sample = every === 1 ? '' : ` One feature in ${every} is shown.`;
  return markup`<figure class="strata"><svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
${names}
<figcaption>${caption}${sample}</figcaption></figure>`;
}
