import type { TimeStats } from '../../../profile/model/model.ts';
import { percent } from '../../../wording/numbers.ts';
import { type Markup, markup, NO_MARKUP } from '../../markup.ts';
import { units } from './overlay.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const SIZE = { width: 360, height: 44, bottom: 30 } as const;

/** When in the week and in the day: small bars, the earlier version behind the later one. Empty if neither is known. */
export function weekAndDay(now: TimeStats, earlier: TimeStats | undefined): Markup {
  const hours = now.hour.map((_, hour) => (hour % 6 === 0 ? `${String(hour).padStart(2, '0')}:00` : ''));
  return markup`${strip('weekday', now.weekday, earlier?.weekday, DAYS)}${strip('hour', now.hour, earlier?.hour, hours)}`;
}

function strip(
  name: string,
  now: readonly number[],
  earlier: readonly number[] | undefined,
  labels: readonly string[],
): Markup {
  const after = shares(now);
  const before = earlier === undefined ? undefined : shares(earlier);
  const top = Math.max(0, ...after, ...(before ?? []));
  if (top === 0) return NO_MARKUP;
  const step = SIZE.width / after.length;
  const bar = (tone: string, of: number, at: number, part: number): Markup => {
    const height = (of / top) * (SIZE.bottom - 2);
    return markup`<rect class="${tone}" x="${units(at * step + (step * (1 - part)) / 2)}" y="${units(SIZE.bottom - height)}" width="${units(step * part)}" height="${units(height)}"/>`;
  };
  const bars = after.map((of, at) => {
    const behind = before?.[at] === undefined ? '' : bar('before', before[at], at, 0.86);
    return [behind, bar('after-bar', of, at, before === undefined ? 0.86 : 0.4)];
  });
  const texts = labels.map((label, at) =>
    label === ''
      ? ''
      : markup`<text x="${units((at + 0.5) * step)}" y="${SIZE.height - 2}" text-anchor="${at === 0 && step < 20 ? 'start' : 'middle'}">${label}</text>`,
  );
  const most = after.indexOf(Math.max(...after));
  const said = `By ${name}: most in ${name === 'weekday' ? DAYS[most] : `hour ${most}`}, ${percent(after[most]!)}`;
  return markup`<svg class="strip" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${said}">${bars}${texts}</svg>`;
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, one) => sum + one, 0);
  return counts.map((one) => (total === 0 ? 0 : one / total));
}
