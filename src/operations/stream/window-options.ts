import { VarveError } from '../../errors.ts';
import type { ReferenceOptions } from '../inference/reference.ts';
import { parseWindowLimit } from '../inference/window-limit.ts';
import { StreamWindows } from './windows.ts';

export interface StreamOptions extends ReferenceOptions {
  /** How many rows make a window, such as 10000; or how many minutes, such as `15m`, by the time of each row. */
  readonly window: number | string;
  /** With minutes, the feature that says when a row happened. Unless given, the time of its message or its envelope. */
  readonly eventTime?: string | undefined;
  /** With minutes, how much later than others a row may come that happened earlier, such as `5m`; none unless given. */
  readonly lateness?: string | undefined;
}

/** Whether windows go by the time of rows. */
export function isByTime({ window }: StreamOptions): boolean {
  return parseWindowLimit(String(window)).rows === undefined;
}

/** @param folder where the rows of open windows lie @throws VarveError `usage` */
export function windowsOf(options: StreamOptions, folder: string): StreamWindows {
  const { window, eventTime, lateness } = options;
  if (!isByTime(options) && (eventTime ?? lateness) !== undefined)
    throw new VarveError(
      'usage',
      'a time of rows, and a lateness, say nothing where windows are numbers of rows',
      {
        remedy: 'Give minutes too, such as `--window 15m`.',
      },
    );
  return new StreamWindows({
    limit: parseWindowLimit(String(window)),
    lateness: lateness === undefined ? 0 : minutesOf(lateness),
    folder,
  });
}

/** In milliseconds. */
function minutesOf(text: string): number {
  const limit = parseWindowLimit(text);
  if (limit.rows === undefined) return limit.endOf(0)!;
  throw new VarveError('usage', `${text} is no lateness`, {
    path: text,
    remedy: 'Give minutes, such as 5m.',
  });
}
