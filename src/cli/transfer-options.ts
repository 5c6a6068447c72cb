import type { Command } from 'commander';
import type { TransferChoice, TransferResult } from '../operations/transfers.ts';
import { type CommonOptions, defineCommand, positiveInteger } from './command.ts';
import { formatBytes, formatCount, printable } from './terminal.ts';

export type TransferOptions = CommonOptions & TransferChoice;

/** A command with what push, fetch and pull have in common. */
export function defineTransfer(...definition: Parameters<typeof defineCommand>): Command {
  return defineCommand(...definition)
    .argument('[path...]', 'datasets, folders that hold some, or files and folders within one')
    .option('--remote <name>', 'a remote other than the default')
    .option('--all-commits', 'every version that a branch or tag reaches')
    .option('--profiles-only', 'statistics, and no data')
    .option('--jobs <count>', 'requests at a time', positiveInteger);
}

/** @param verb `pushed to`, `fetched from` */
export function transferLine(verb: string, { remote, snapshots, objects, bytes }: TransferResult): string {
  const place = printable(`${remote.name} (${remote.url})`);
  const versions = formatCount(snapshots, 'snapshot');
  if (objects === 0) return `${versions}: nothing had to be ${verb} ${place}.`;
  return `${versions}: ${formatCount(objects, 'object')}, ${formatBytes(bytes)} ${verb} ${place}.`;
}
