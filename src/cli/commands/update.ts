import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { update } from '../../operations/import.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { preferred, type SideOptions, withSides } from './checkout.ts';
import { importedLine } from './import.ts';

type Options = CommonOptions & SideOptions & { readonly revision?: string };

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'update',
    'Brings imported datasets to what the revision that they follow has now. What was edited here is not lost.',
    [
      ['varve update', 'all that was imported'],
      ['varve update data/flights.csv --revision v3.0', 'follows another tag or branch from now on'],
    ],
  )
    .argument('[path...]', 'imported datasets, or folders that hold some')
    .option('--revision <rev>', 'follow this revision of the other repository');
  return withSides(defined).action((paths: string[], options: Options) =>
    run(options, async ({ cwd, signal, onProgress, onWarning }) => {
      const context = await openContext(cwd, { signal, onProgress, onWarning });
      const { revision, force } = options;
      const result = await update(context, paths, { revision, force, prefer: preferred(options) });
      const text = result.datasets.map(importedLine).join('\n');
      return { json: result, text: text || 'Nothing here was imported: `varve import` does that.' };
    }),
  );
}
