import type { Command } from 'commander';
import type { CheckedOutDataset } from '../../operations/backend/results.ts';
import { checkout } from '../../operations/checkout.ts';
import { openContext } from '../../operations/context/open.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { problemLines } from '../problem-lines.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'checkout',
    'Makes the data match the pointers, as after `git checkout`. Unsaved changes stop it.',
    [
      ['git switch main && varve checkout', 'brings the data that belongs to main'],
      ['varve checkout data/flights.csv --force', 'gives up what was changed there since the last snapshot'],
    ],
  )
    .argument('[path...]', 'datasets, folders that hold some, or files and folders within one')
    .option('--force', 'give up unsaved changes, and files that no snapshot has')
    .action((paths: string[], options: CommonOptions & { force?: true }) =>
      run(options, async ({ cwd, signal, onProgress }) => {
        const result = await checkout(await openContext(cwd, { signal, onProgress }), paths, options);
        const text = [checkoutLines(result.datasets), ...problemLines(result.problems)].join('\n');
        return { json: result, text, exitCode: result.problems === undefined ? 0 : 1 };
      }),
    );
}

/** Says what was done to the data, dataset by dataset. */
export function checkoutLines(datasets: readonly CheckedOutDataset[]): string {
  const touched = datasets.filter(({ written, removed, kept }) => written + removed + kept.length > 0);
  if (touched.length === 0) return 'The data matches its pointers.';
  return touched.map(line).join('\n');
}

function line({ path, written, writtenBytes, removed, kept }: CheckedOutDataset): string {
  const facts = [`${counted(written, 'file')} written (${byteSize(writtenBytes)})`];
  if (removed > 0) facts.push(`${counted(removed, 'file')} removed`);
  if (kept.length > 0)
    facts.push(
      `${counted(kept.length, 'file')} kept that no snapshot has: ${kept.slice(0, 3).join(', ')}${kept.length > 3 ? ', …' : ''}`,
    );
  return neutral(`${path}  ${facts.join(', ')}`);
}
