import type { Command } from 'commander';
import type { CloneUsage, DatasetUsage, UsageResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { usage } from '../../operations/usage.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { cloneCalled, cloneSeen } from '../clone-lines.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'du',
    'Shows what datasets take up in the cache, or on a remote: in all versions that some commit names, each byte once.',
    [
      ['varve du', 'every dataset, in the cache'],
      ['varve du --remote origin', 'what was pushed, and which clones hold it'],
      ['varve du data/images', 'one dataset, and what would go with it'],
    ],
  )
    .argument('[path...]', 'datasets, or folders that hold some')
    .option('--remote <name>', 'measure this remote, not the cache')
    .action((paths: string[], options: CommonOptions & { remote?: string }) =>
      run(options, async ({ cwd, signal, onProgress, onWarning }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const result = await usage(context, paths, options.remote);
        return { json: result, text: describe(result) };
      }),
    );
}

function describe(result: UsageResult): string {
  return [...table(result.datasets), ...totals(result), ...result.clones.map(cloneLine)]
    .map(neutral)
    .join('\n');
}

function table(datasets: readonly DatasetUsage[]): string[] {
  if (datasets.length === 0) return [];
  const rows = [['here', 'stored', 'its own', 'versions', ''], ...datasets.map(row)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) => {
    const [path, ...numbers] = cells.toReversed();
    return [...numbers.reverse().map((cell, column) => cell.padStart(widths[column]!)), path]
      .join('  ')
      .trimEnd();
  });
}

function row({ path, currentBytes, bytes, ownBytes, versions, missing }: DatasetUsage): string[] {
  const here = currentBytes === null ? '-' : byteSize(currentBytes);
  const lacks = missing === 0 ? '' : `  (${counted(missing, 'object')} not there)`;
  return [here, byteSize(bytes), byteSize(ownBytes), String(versions), `${path}${lacks}`];
}

function totals({ remote, stored, unneeded }: UsageResult): string[] {
  const place = remote === null ? 'The cache' : `${remote.name} (${remote.url})`;
  const gc = remote === null ? 'varve gc' : `varve gc --remote ${remote.name}`;
  return [
    `${place} holds ${counted(stored.files, 'file')}, ${byteSize(stored.bytes)}.`,
    ...(unneeded.files === 0
      ? []
      : [
          `Nothing needs ${counted(unneeded.files, 'file')}, ${byteSize(unneeded.bytes)} of it: \`${gc}\` frees that after a time of grace.`,
        ]),
  ];
}

function cloneLine(clone: CloneUsage): string {
  const { bytes, snapshots, hasExpired } = clone;
  const who = `Clone ${cloneCalled(clone)}, ${cloneSeen(clone)},`;
  if (hasExpired) return `${who} holds nothing any more.`;
  const more = bytes === 0 ? 'nothing more' : `${byteSize(bytes)} more`;
  return `${who} holds ${counted(snapshots, 'snapshot')}, and ${more} than is needed here.`;
}
