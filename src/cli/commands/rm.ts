import type { Command } from 'commander';
import type { RemovedDataset, RemoveOptions } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { remove } from '../../operations/remove.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'rm',
    'Takes datasets out of version control: pointer, schema and line in .gitignore. The data stays, and so do committed versions.',
    [
      ['varve rm data/flights.csv', 'from now on, Git sees data/flights.csv as any other file'],
      [
        'varve rm --data data/old',
        'removes the data too; `varve checkout data/old@HEAD` brings all of it back',
      ],
    ],
  )
    .argument('<path...>', 'datasets')
    .option('--data', 'remove the data too, if a commit has its version')
    .option('--force', 'give up data and schemas that nobody saved')
    .action((paths: string[], { json, ...options }: CommonOptions & RemoveOptions) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress }) => {
        const result = await remove(await openContext(cwd, { signal, onProgress }), paths, options);
        return { json: result, text: result.datasets.map(line).join('\n') };
      }),
    );
}

function line({ path, hasData, schemas }: RemovedDataset): string {
  const facts = [
    `removed  ${path}`,
    ...(schemas.length === 0 ? [] : [`with ${schemas.join(', ')}`]),
    ...(hasData ? ['the data stays here, and Git no longer ignores it'] : []),
  ];
  return neutral(facts.join('  '));
}
