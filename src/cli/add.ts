import type { Command } from 'commander';
import type { VarveError } from '../errors.ts';
import { type AddedDataset, add } from '../operations/add.ts';
import { openContext } from '../operations/context.ts';
import type { Profiler } from '../operations/profiler.ts';
import { defineCommand, type Run } from './command.ts';
import { formatBytes, formatCount, printable } from './terminal.ts';

export function command(run: Run): Command {
  return defineCommand(
    'add',
    'Snapshots files and folders, with their statistics, and writes a pointer beside each.',
    [
      ['varve add data/flights.csv', 'writes data/flights.csv.varve and a line in data/.gitignore'],
      ['varve add data/images data/labels.csv', 'adds both, or neither where one fails'],
    ],
  )
    .argument('<path...>', 'files or folders, each a dataset')
    .action((paths: string[], options) =>
      run(options, async ({ cwd, signal, onProgress, note }) => {
        const context = openContext(cwd, { signal, onProgress });
        // The engine is loaded only where there is something new to count.
        const profiler: Profiler = async (dataset) => {
          const { profilerFor } = await import('../operations/profile-on-add.ts');
          const unreadable = (path: string, why: VarveError): void =>
            note(`${path} is added without statistics: ${why.message}\n  ${why.remedy}`);
          return profilerFor(context, unreadable)(dataset);
        };
        const result = await add(context, paths, { profiler });
        return { json: result, text: result.datasets.map(line).join('\n') };
      }),
    );
}

function line({ path, kind, change, bytes, files, rows }: AddedDataset): string {
  const facts = [
    ...(rows === undefined ? [] : [formatCount(rows, 'row')]),
    ...(kind === 'file' ? [] : [formatCount(files, 'file')]),
    formatBytes(bytes),
  ];
  return `${change.padEnd(9)}  ${printable(path)}  ${facts.join(', ')}`;
}
