import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { importDvc } from '../../operations/import-dvc.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'import-dvc',
    "Takes a DVC repository, with its history, into varve's format, on new branches.",
    [['varve import-dvc', 'new branches varve/<branch>; the old ones stay']],
  ).action((options) =>
    run(options, async ({ cwd, signal, onProgress, onWarning }) => {
      const result = await importDvc(await openContext(cwd, { signal, onProgress, onWarning }));
      const lines = [
        `${counted(result.snapshots, 'version')} on ${result.branches.map(neutral).join(', ') || 'no branch'}`,
        ...result.missing.map(({ path }) => `left as it was, since its data is nowhere: ${neutral(path)}`),
      ];
      return { json: result, text: lines.join('\n') };
    }),
  );
}
