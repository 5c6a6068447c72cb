import { createInterface } from 'node:readline';
import type { VarveError } from '../../errors.ts';
import { giveConsent, type SettingsUntrusted } from '../../workspace/trust/consent.ts';
import type { Io } from '../command.ts';
import { printError } from './standard-streams.ts';

/** Tell whether somebody is there who can be asked, and nothing else reads what is said. */
export function isAnybodyThere(json: boolean): boolean {
  const isCi = !['', '0', 'false'].includes(process.env.CI ?? '');
  return !json && !isCi && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Tell it by the code, since the class may be that of another bundle. */
export function isUntrusted(error: VarveError): error is SettingsUntrusted {
  return error.code === 'settings-untrusted';
}

/**
 * Ask on the terminal whether this machine agrees, show first what to, and remember a yes. Anything else is a no.
 * @returns whether it agreed
 */
export async function askForConsent(error: SettingsUntrusted, { note, signal }: Io): Promise<boolean> {
  note(`varve: ${error.message}`, ...error.details.map((detail) => `    ${detail}`));
  printError('  Do you know this place, and want to use it from now on? [y/N] ');
  const answer = await readLine(signal);
  if (!/^\s*y(es)?\s*$/i.test(answer)) return false;
  giveConsent(error.root, error.request);
  return true;
}

/** One line of standard input; '' at its end. Without the line editor, which would keep Ctrl-C from being heard. */
async function readLine(signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false, signal });
  try {
    const { value, done } = await lines[Symbol.asyncIterator]().next();
    return done ? '' : value;
  } finally {
    lines.close();
    process.stdin.unref?.();
  }
}
