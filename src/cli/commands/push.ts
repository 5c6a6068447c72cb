import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { push } from '../../operations/push.ts';
import type { RunCommand } from '../command.ts';
import { defineTransfer, pushLines, type TransferCommandOptions } from '../transfer-options.ts';

export function command(run: RunCommand): Command {
  return defineTransfer(
    'push',
    'Sends snapshots and their statistics to a remote, as far as it lacks them.',
    [
      ['varve push', 'the snapshots that the pointers here name'],
      ['varve push --all-commits --remote backup', 'every version, to another remote'],
    ],
  ).action((paths: string[], options: TransferCommandOptions) =>
    run(options, async ({ cwd, signal, onProgress, onWarning }) => {
      const result = await push(await openContext(cwd, { signal, onProgress, onWarning }), paths, options);
      return { json: result, text: pushLines(result) };
    }),
  );
}
