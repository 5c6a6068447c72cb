import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { pull } from '../../operations/pull.ts';
import type { RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';
import {
  defineTransfer,
  directLines,
  evictedLines,
  fetchLines,
  type TransferCommandOptions,
  transferExitCode,
} from '../transfer-options.ts';
import { checkoutText, preferred, type SideOptions, withSides } from './checkout.ts';

export function command(run: RunCommand): Command {
  const defined = defineTransfer('pull', 'Fetches snapshots and makes the data match the pointers.', [
    ['git clone URL && varve pull', 'a clone with its data'],
    ['varve pull data/images/cats', 'one folder of a dataset, and no more than that'],
  ]);
  return withSides(defined).action((paths: string[], options: TransferCommandOptions & SideOptions) =>
    run(options, async ({ cwd, signal, onProgress, onWarning, note }) => {
      const context = await openContext(cwd, { signal, onProgress, onWarning });
      const result = await pull(context, paths, { ...options, prefer: preferred(options) });
      const direct = directLines(result);
      const fetched = fetchLines(result.fetched, direct.length > 0);
      const lines = [...(fetched === '' ? [] : [fetched]), ...direct];
      if (!options.profilesOnly) lines.push(checkoutText(result));
      lines.push(...evictedLines(result.evicted, result.fetched.remote?.name));
      return withProblems({ note }, result.problems, {
        json: result,
        text: lines.join('\n'),
        exitCode: transferExitCode(result.fetched),
      });
    }),
  );
}
