import type { Command } from 'commander';
import { VarveError } from '../../errors.ts';
import { cat } from '../../operations/get.ts';
import { inert } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, type Io, type Outcome, type RunCommand } from '../command.ts';
import { splitRepository } from '../source-options.ts';
import { printBytes } from '../terminal/standard-streams.ts';

/** A document is made in memory, as a whole. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

export function command(run: RunCommand): Command {
  return defineCommand('cat', 'Prints a file of any version, from this repository or from another.', [
    ['varve cat data/flights.csv@v1.0 | head', 'the first lines of a version'],
    ['varve cat data/tables/x.csv@HEAD~1', 'a file within a dataset'],
    ['varve cat ../models labels.csv@v2', 'from another repository'],
  ])
    .argument('<word...>', 'perhaps another repository, as git clone takes it; then a path, or path@REV')
    .action((words: string[], options: CommonOptions) =>
      run(options, (io) => {
        const { repository, path } = splitRepository(words);
        const { cwd, signal, onProgress, onWarning } = io;
        const bytes = cat(cwd, path, { repository }, { signal, onProgress, onWarning });
        return options.json ? asDocument(path, bytes) : printed(io, bytes);
      }),
    );
}

/** On a terminal, bytes that would steer it are shown by their numbers; a pipe gets the bytes as they are. */
async function printed({ width }: Io, bytes: AsyncIterable<Uint8Array>): Promise<Outcome> {
  const decoder = new TextDecoder();
  for await (const piece of bytes)
    await printBytes(
      width === undefined ? piece : Buffer.from(inert(decoder.decode(piece, { stream: true }))),
    );
  return { json: undefined, text: '' };
}

/** JSON has room for text alone: what is no UTF-8 comes as base64. */
async function asDocument(path: string, bytes: AsyncIterable<Uint8Array>): Promise<Outcome> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > MAX_DOCUMENT_BYTES) throw tooLarge(path);
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  const text = whole.toString('utf8');
  const isText = Buffer.from(text).equals(whole);
  const content = isText
    ? { encoding: 'utf-8', content: text }
    : { encoding: 'base64', content: whole.toString('base64') };
  return { json: { path, bytes: size, ...content }, text: '' };
}

function tooLarge(path: string): VarveError {
  return new VarveError('usage', `${path} is too large for a JSON document`, {
    path,
    remedy: 'Leave `--json` out, which prints the bytes, or copy the file by `varve get`.',
  });
}
