import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { exportDvc } from '../../operations/export-dvc.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'export-dvc',
    'Turns a repository of varve, with its history, into one of DVC, on new branches.',
    [['varve export-dvc', 'new branches dvc/<branch>; the old ones stay']],
  ).action((options) =>
    run(options, async ({ cwd, signal, onProgress, onWarning }) => {
      const result = await exportDvc(await openContext(cwd, { signal, onProgress, onWarning }));
      const lines = [
        `${counted(result.outputs, 'version')} on ${result.branches.map(neutral).join(', ') || 'no branch'}`,
        ...result.missing.map(({ path }) => `left as it was, since its data is nowhere: ${neutral(path)}`),
        ...result.lost.map((path) => `empty folder or executable bit that DVC cannot keep: ${neutral(path)}`),
      ];
      return { json: result, text: lines.join('\n') };
    }),
  );
}
