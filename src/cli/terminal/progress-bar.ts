import type { WriteStream } from 'node:tty';
import type { ProgressEvent } from '../../progress.ts';
import { inert, neutral } from '../../wording/neutral.ts';
import { byteSize, grouped } from '../../wording/numbers.ts';

/** Work that is over within this many milliseconds shows no bar. */
const SHOW_AFTER = 1000;
const REDRAW_EVERY = 100;
const BAR = 24;

/** One line on a terminal: how much of a phase is done, how fast, and how long it will take. Silent anywhere else. */
export class ProgressBar {
  readonly #stream: WriteStream;
  #phase = '';
  #started = 0;
  #drawn = 0;
  #visible = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  show(event: ProgressEvent): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (event.phase !== this.#phase) {
      this.#phase = event.phase;
      this.#started = now;
    }
    if (now - this.#started < SHOW_AFTER || now - this.#drawn < REDRAW_EVERY) return;
    this.#drawn = now;
    this.#visible = true;
    const line = progressLine(event, (now - this.#started) / 1000);
    this.#stream.write(`\r${line.slice(0, (this.#stream.columns || 80) - 1)}\x1b[K`);
  }

  clear(): void {
    if (this.#visible) this.#stream.write('\r\x1b[K');
    this.#visible = false;
  }
}

/** @param seconds since the phase began, above 0 */
export function progressLine(event: ProgressEvent, seconds: number): string {
  const { phase, unit, done, total } = event;
  const amount = (count: number): string =>
    unit === 'bytes' ? byteSize(count) : `${grouped(count)} ${unit}`;
  const rate = done / seconds;
  const parts = [neutral(phase)];
  if (total !== undefined && total > 0) {
    const share = Math.min(done / total, 1);
    const filled = Math.round(share * BAR);
    parts.push(`[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`, `${amount(done)} of ${amount(total)}`);
  } else parts.push(amount(done));
  parts.push(`${amount(rate)}/s`);
  if (total !== undefined && rate > 0) parts.push(`${duration(Math.max(total - done, 0) / rate)} left`);
  return inert(parts.join('  '));
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
