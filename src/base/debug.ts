/**
 * Base: what Node lacks and every room needs, one file a thing. It may not know varve's formats, stores or repositories.
 */

import { writeSync } from 'node:fs';
import { neutral } from '../wording/neutral.ts';

const { VARVE_DEBUG = '' } = process.env;

/** Whether VARVE_DEBUG asks for lines of what happens, on standard error. Set once, when the process starts. */
export const IS_DEBUGGING = VARVE_DEBUG !== '' && VARVE_DEBUG !== '0';

const MAX_LINE = 1000;
const STANDARD_ERROR = 2;

/**
 * Write one line if VARVE_DEBUG asks for it. It is written at once, so that it stands in order even if the process is killed next.
 * Never give it a secret. If putting a line together costs something, look at IS_DEBUGGING first.
 */
export function debug(topic: 'cache' | 'failure' | 'git' | 'request', text: string): void {
  if (!IS_DEBUGGING) return;
  const line = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
  try {
    writeSync(STANDARD_ERROR, `varve ${topic}: ${neutral(line)}\n`);
  } catch {
    // Nobody reads it any more.
  }
}
