import { type Command, InvalidArgumentError } from 'commander';
import type { GcOptions, GcResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { gc } from '../../operations/gc.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

export function command(run: RunCommand): Command {
  return defineCommand(
    'gc',
    'Drops what no pointer in any commit names. What is found unneeded goes after a time of grace.',
    [
      ['varve gc --dry-run', 'says what would be freed in the cache'],
      ['varve gc --remote origin --grace 30d', 'cleans a remote; what other clones pushed stays'],
    ],
  )
    .option('--remote <name>', 'clean this remote, not the cache')
    .option('--dry-run', 'free nothing')
    .option(
      '--grace <time>',
      'such as 0, 90m, 12h or 14d (default: 1h for the cache, 14d for a remote)',
      duration,
    )
    .action((options: CommonOptions & { remote?: string; dryRun?: true; grace?: number }) =>
      run(options, async ({ cwd, signal, onProgress, onWarning }) => {
        const choice: GcOptions = { remote: options.remote, dryRun: options.dryRun, graceMs: options.grace };
        const result = await gc(await openContext(cwd, { signal, onProgress, onWarning }), choice);
        return { json: result, text: describe(result) };
      }),
    );
}

/** Parses a time such as `12h` into milliseconds. */
function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (text === '0') return 0;
  if (count === undefined || unit === undefined) {
    throw new InvalidArgumentError('Write a number and m, h or d, such as 12h; or 0.');
  }
  return Number(count) * UNITS[unit]!;
}

function describe(result: GcResult): string {
  const { remote, dryRun, postponed } = result;
  const place = remote === null ? 'the cache' : `${remote.name} (${remote.url})`;
  const amount = (files: number, bytes: number): string => `${counted(files, 'file')}, ${byteSize(bytes)}`;
  const lines = [
    `${dryRun ? 'Would free' : 'Freed'} in ${place}: ${amount(result.freedObjects, result.freedBytes)}.`,
    `Kept: ${amount(result.keptObjects, result.keptBytes)}.`,
  ];
  if (result.repackedBytes > 0) lines.push(`Repacked: ${byteSize(result.repackedBytes)}.`);
  if (result.condemnedObjects > 0) {
    const wait = amount(result.condemnedObjects, result.condemnedBytes);
    lines.push(`Unneeded, and removed by a gc after the time of grace: ${wait}.`);
  }
  if (result.keepsVersions)
    lines.push(
      'The bucket keeps old versions: what is freed takes room there until a rule of its lifecycle expires it.',
    );
  if (postponed !== undefined) lines.push(`Nothing was removed: ${postponed}`);
  return lines.map(neutral).join('\n');
}
