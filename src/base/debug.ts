import { writeSync } from 'node:fs';
import { neutral } from '../wording/neutral.ts';

const { VARVE_DEBUG = '' } = process.env;

/** Whether VARVE_DEBUG asks for lines of what happens, on standard error. Set once, when the process starts. */
export const isDebugging = VARVE_DEBUG !== '' && VARVE_DEBUG !== '0';

const MAX_LINE = 1000;
const STANDARD_ERROR = 2;

/**
 * Writes one line, where VARVE_DEBUG asks for it: at once, so that it stands in order even where the process is killed next.
 * Never give it what is secret. Where putting a line together costs something, ask `isDebugging` first.
 */
export function debug(topic: 'cache' | 'git' | 'request', text: string): void {
  if (!isDebugging) return;
  const line = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
  try {
    writeSync(STANDARD_ERROR, `varve ${topic}: ${neutral(line)}\n`);
  } catch {
    // Nobody reads it any more.
  }
}
