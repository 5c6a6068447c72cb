import type { Command } from 'commander';
import type { GcOptions, GcResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { gc } from '../../operations/gc.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { cloneCalled, cloneSeen, expiryRule } from '../clone-lines.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { cloneExpiry, duration } from '../duration.ts';
import { evictedLines } from '../transfer-options.ts';

const MAX_NAMED = 10;

export function command(run: RunCommand): Command {
  return defineCommand(
    'gc',
    'Drops what no pointer in any commit names. What is found unneeded goes after a time of grace.',
    [
      ['varve gc --dry-run', 'says what would be freed in the cache'],
      ['varve gc --remote origin --grace 30d', 'cleans a remote; what other clones pushed stays'],
      ['varve gc --remote origin --clone-expiry 30d', 'frees what clones hold that nobody saw for 30 days'],
    ],
  )
    .option('--remote <name>', 'clean this remote, not the cache')
    .option('--dry-run', 'free nothing')
    .option(
      '--grace <time>',
      'such as 0, 90m, 12h or 14d (default: 1h for the cache, 14d for a remote)',
      duration,
    )
    .option(
      '--clone-expiry <time>',
      'on a remote, a clone that was not seen for so long holds nothing: such as 30d, or never (default: 90d)',
      cloneExpiry,
    )
    .action(
      (options: CommonOptions & { remote?: string; dryRun?: true; grace?: number; cloneExpiry?: number }) =>
        run(options, async ({ cwd, signal, onProgress, onWarning }) => {
          const choice: GcOptions = {
            remote: options.remote,
            dryRun: options.dryRun,
            graceMs: options.grace,
            cloneExpiryMs: options.cloneExpiry,
          };
          const result = await gc(await openContext(cwd, { signal, onProgress, onWarning }), choice);
          return { json: result, text: describe(result) };
        }),
    );
}

function describe(result: GcResult): string {
  const { remote, dryRun, postponed } = result;
  const place = remote === null ? 'the cache' : `${remote.name} (${remote.url})`;
  const amount = (files: number, bytes: number): string => `${counted(files, 'file')}, ${byteSize(bytes)}`;
  const lines = [
    `${dryRun ? 'Would free' : 'Freed'} in ${place}: ${amount(result.freedObjects, result.freedBytes)}.`,
    `Kept: ${amount(result.keptObjects, result.keptBytes)}.`,
  ];
  lines.unshift(...evictedLines(result.evicted, result.evicted?.remote, dryRun));
  if (result.repackedBytes > 0) lines.push(`Repacked: ${byteSize(result.repackedBytes)}.`);
  if (result.condemnedObjects > 0) {
    const wait = amount(result.condemnedObjects, result.condemnedBytes);
    lines.push(`Unneeded, and removed by a gc after the time of grace: ${wait}.`);
  }
  if (remote !== null) lines.push(...expiryLines(result));
  if (result.keepsVersions)
    lines.push(
      'The bucket keeps old versions: what is freed takes room there until a rule of its lifecycle expires it.',
    );
  if (postponed !== undefined) lines.push(`Nothing was removed: ${postponed}`);
  return lines.map(neutral).join('\n');
}

function expiryLines({ cloneExpiryMs, expiredClones }: GcResult): string[] {
  const more = expiredClones.length - MAX_NAMED;
  return [
    expiryRule(cloneExpiryMs),
    ...expiredClones.slice(0, MAX_NAMED).map((clone) => `  ${cloneCalled(clone)}: ${cloneSeen(clone)}`),
    ...(more > 0 ? [`  and ${more} more: \`varve remote clones\` lists them`] : []),
  ];
}
