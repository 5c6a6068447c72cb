import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { move } from '../../operations/move.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'mv',
    'Moves datasets, with pointer, schema and line in .gitignore. No byte is copied, and no version is made.',
    [
      ['varve mv data/flights.csv data/2024.csv', 'renames one'],
      ['varve mv data/a.csv data/b.csv archive/', 'moves several into a folder'],
    ],
  )
    .argument('<path...>', 'datasets, and last the new path, or a folder to move them into')
    .action((paths: string[], options: CommonOptions) =>
      run(options, async ({ cwd, signal }) => {
        const result = await move(await openContext(cwd, { signal }), paths.slice(0, -1), paths.at(-1)!);
        const text = result.datasets.map(({ from, path }) => neutral(`moved  ${from} → ${path}`)).join('\n');
        return { json: result, text };
      }),
    );
}
