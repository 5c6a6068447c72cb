import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { fetch } from '../../operations/fetch.ts';
import type { RunCommand } from '../command.ts';
import {
  defineTransfer,
  fetchLines,
  type TransferCommandOptions,
  transferExitCode,
} from '../transfer-options.ts';

export function command(run: RunCommand): Command {
  return defineTransfer(
    'fetch',
    'Brings snapshots from a remote into the cache. The data itself is not touched.',
    [
      ['varve fetch', 'the snapshots that the pointers here name'],
      ['varve fetch data/flights.csv@v1.0..v3.0', 'the versions of a dataset from one tag to another'],
      ['varve fetch --profiles-only --all-commits', 'no data: enough for validate and drift'],
    ],
  ).action((paths: string[], options: TransferCommandOptions) =>
    run(options, async ({ cwd, signal, onProgress, onWarning }) => {
      const result = await fetch(await openContext(cwd, { signal, onProgress, onWarning }), paths, options);
      return { json: result, text: fetchLines(result), exitCode: transferExitCode(result) };
    }),
  );
}
