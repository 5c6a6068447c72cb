import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { VarveError } from '../../errors.ts';
import type { Io } from '../command.ts';
import { printError } from './standard-streams.ts';

/** Ask on the terminal, where what is typed is not shown. @throws VarveError `usage` where nobody is there */
export async function askForPassword(prompt: string, { signal }: Pick<Io, 'signal'>): Promise<string> {
  if (!process.stdin.isTTY)
    throw new VarveError('usage', '--password asks on a terminal, and standard input is none', {
      remedy: 'Keep the password in a variable or an option file of the client of the database.',
    });
  printError(`${prompt}: `);
  const unseen = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  // The line editor hears Ctrl-C in place of the process.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await lines.question('', { signal });
  } finally {
    lines.close();
    printError('\n');
    process.stdin.unref?.();
  }
}
