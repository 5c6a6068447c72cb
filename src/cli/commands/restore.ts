import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { restore } from '../../operations/restore.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { checkoutText } from './checkout.ts';

interface Options extends CommonOptions {
  readonly source?: string;
  readonly force?: true;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'restore',
    'Puts the data of a version in place of that here. Pointers stay, so that it counts as a change, as after `git restore`.',
    [
      ['varve restore data/flights.csv@v1.0', 'the data of v1.0; `varve add` would make a new version of it'],
      ['varve restore --source v1.0 data/images/cats', 'a part of a dataset'],
      ['varve restore data/flights.csv', 'as its pointer has it'],
    ],
  )
    .argument(
      '<path...>',
      'datasets, files and folders within one, or folders that hold some; also as path@REV',
    )
    .option('--source <rev>', 'the revision that has the data')
    .option('--force', 'give up unsaved changes, and files that no snapshot has')
    .action((paths: string[], { json, ...options }: Options) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const result = await restore(context, paths, options);
        return { json: result, text: checkoutText(result) };
      }),
    );
}
