import { arch, platform, release } from 'node:os';
import type { Command } from 'commander';
import { defineCommand, type RunCommand } from '../command.ts';
import { versionOfVarve } from '../version.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'version',
    'Prints the versions of varve and of what it runs on, as a report of a fault needs them.',
    [
      ['varve version', 'for people'],
      ['varve version --json', 'for a program'],
    ],
  ).action((options) =>
    run(options, async () => {
      const facts = {
        varve: versionOfVarve(),
        node: process.versions.node,
        system: `${platform()} ${release()} ${arch()}`,
      };
      return { json: facts, text: `varve ${facts.varve}, Node ${facts.node}, ${facts.system}` };
    }),
  );
}
