import type { Command } from 'commander';
import { clientMethods } from '../../rpc/methods.ts';
import { serve } from '../../rpc/serve.ts';
import { defineCommand, type RunCommand } from '../command.ts';
import { versionOfVarve } from '../version.ts';

/** Milliseconds between two looks whether the parent lives: a child of it may hold the pipe open. */
const PARENT_EVERY_MS = 1000;

export function command(run: RunCommand): Command {
  return defineCommand(
    'rpc',
    'Serves one program, such as the Python package, over standard input and output until its input ends.',
    [['varve rpc', 'started by a program; docs/reference/rpc.md is the protocol']],
  ).action((options) =>
    run(options, async ({ signal }) => {
      const client = clientMethods(versionOfVarve());
      const parent = setInterval(endWithParent(process.ppid), PARENT_EVERY_MS);
      try {
        await serve(process.stdin, process.stdout, client.methods, signal);
      } finally {
        clearInterval(parent);
        await client.end();
      }
      return { json: undefined, text: '' };
    }),
  );
}

function endWithParent(parent: number): () => void {
  return () => {
    if (process.ppid !== parent) process.exit(0);
  };
}
