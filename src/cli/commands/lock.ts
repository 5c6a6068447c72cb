import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { lock } from '../../operations/lock.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { formatLock } from '../../workspace/lock.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { replaceReport } from '../report-options.ts';

interface Options extends CommonOptions {
  readonly output: string;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'lock',
    'Writes down which versions the data is, so that what was made of it, such as a model, can name them.',
    [
      ['varve lock', 'all datasets, into data.lock'],
      ['varve lock data/flights.csv data/airports.csv@v1 --output model/data.lock', 'these two'],
      ['varve checkout --locked data.lock', 'brings just these versions back'],
    ],
  )
    .argument('[dataset...]', 'path, or path@REV')
    .option('--output <file>', 'where it is written', 'data.lock')
    .action((datasets: string[], options: Options) =>
      run(options, async (io) => {
        const { cwd, signal, onProgress, onWarning } = io;
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const locked = await lock(context, datasets);
        await replaceReport(io, options.output, formatLock(locked));
        const lines = locked.datasets.map(({ path, digest }) => `${path}  ${digest}`);
        const head = `Wrote ${options.output}: ${counted(locked.datasets.length, 'dataset')}.`;
        return {
          json: { output: options.output, ...locked },
          text: [head, ...lines].map(neutral).join('\n'),
        };
      }),
    );
}
