import type { Command } from 'commander';
import { VarveError } from '../../errors.ts';
import { openContext } from '../../operations/context/open.ts';
import { meta } from '../../operations/meta.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'meta',
    'Says something of a dataset in its pointer, such as its license, or tells what is said. The data stays the same.',
    [
      ['varve meta data/flights.csv license=CC-BY-4.0 creator="Bureau of Ann"', 'says both'],
      ['varve meta data/flights.csv', 'tells what is said'],
      ['varve meta data/flights.csv creator=', 'says nothing of that any more'],
    ],
  )
    .argument('<dataset>', 'path, or path@REV to be told of')
    .argument(
      '[key=value...]',
      'license, citation, description, creator, keywords, url, version, or a key of your own',
    )
    .action((dataset: string, words: string[], { json }: CommonOptions) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning }) => {
        const changes = Object.fromEntries(words.map(changeOf));
        const result = await meta(
          await openContext(cwd, { signal, onProgress, onWarning }),
          dataset,
          changes,
        );
        const lines = Object.entries(result.meta).map(([key, value]) => neutral(`${key}: ${value}`));
        return { json: result, text: lines.join('\n') };
      }),
    );
}

function changeOf(word: string): [key: string, value: string | null] {
  const equals = word.indexOf('=');
  if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1) || null];
  throw new VarveError('usage', `${JSON.stringify(word.slice(0, 60))} is not key=value`, {
    remedy: 'Write it as in `license=CC-BY-4.0`; nothing behind the sign takes it back.',
  });
}
