import type { Command } from 'commander';
import { init } from '../../operations/init.ts';
import { neutral } from '../../wording/neutral.ts';
import { defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand('init', 'Starts varve in the Git repository that holds the working folder.', [
    ['varve init', 'writes .varve/config.yaml, which belongs in Git'],
  ]).action((options) =>
    run(options, async ({ cwd }) => {
      const result = init(cwd);
      const text = result.created
        ? `Started varve in ${neutral(result.root)}.\nNext: varve add PATH, then commit what it wrote with Git.`
        : `varve was started in ${neutral(result.root)} before: nothing was changed.`;
      return { json: result, text };
    }),
  );
}
