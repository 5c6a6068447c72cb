import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { push } from '../../operations/push.ts';
import { remoteStatus } from '../../operations/remote-status.ts';
import { openlineageOption, type RunCommand } from '../command.ts';
import {
  defineTransfer,
  pushLines,
  remoteStatusLines,
  type TransferCommandOptions,
  transferExitCode,
} from '../transfer-options.ts';

export function command(run: RunCommand): Command {
  return defineTransfer(
    'push',
    'Sends snapshots and their statistics to a remote, as far as it lacks them.',
    [
      ['varve push', 'the snapshots that the pointers here name'],
      ['varve push --all-commits --remote backup', 'every version, to another remote'],
      ['varve push --dry-run', 'names every version that the remote lacks: exit code 1 if there is one'],
    ],
  )
    .option(
      '--dry-run',
      'send nothing: name what the remote lacks, of all commits, and exit 1 if that is anything',
    )
    .addOption(openlineageOption().conflicts(['dryRun']))
    .action((paths: string[], options: TransferCommandOptions & { readonly dryRun?: true }) =>
      run(options, async ({ cwd, signal, onProgress, onWarning, openlineage }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning, openlineage });
        if (options.dryRun) {
          const found = await remoteStatus(context, paths, options.remote);
          return {
            json: found,
            text: remoteStatusLines(found),
            exitCode: found.lacking.length === 0 ? 0 : 1,
          };
        }
        const result = await push(context, paths, options);
        return { json: result, text: pushLines(result), exitCode: transferExitCode(result) };
      }),
    );
}
