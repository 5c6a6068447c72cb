import type { Command } from 'commander';
import type {
  LackingVersion,
  PullResult,
  RemoteStatus,
  TransferChoice,
  TransferResult,
} from '../operations/backend/results.ts';
import type { PushResult } from '../operations/push.ts';
import { neutral } from '../wording/neutral.ts';
import { byteSize, counted } from '../wording/numbers.ts';
import { shellWord } from '../wording/quote.ts';
import { type CommonOptions, defineCommand, positiveInteger } from './command.ts';
import { tableLines } from './table-lines.ts';

export type TransferCommandOptions = CommonOptions & TransferChoice;

/** Define a command with the options that push, fetch and pull have in common. */
export function defineTransfer(...definition: Parameters<typeof defineCommand>): Command {
  return defineCommand(...definition)
    .argument('[path...]', 'datasets, folders that hold some, or files and folders within one')
    .option('--remote <name>', 'a remote other than the default')
    .option('--all-commits', 'every version that a branch or tag reaches')
    .option('--profiles-only', 'statistics, and no data')
    .option('--jobs <count>', 'requests at a time', positiveInteger);
}

/** Say what a push did. */
export function pushLines(result: PushResult): string {
  const stays = (result.inPlace ?? []).map(({ path, url }) =>
    neutral(`${path} lies in ${url}: its list was pushed, and its data stays there.`),
  );
  return [
    remoteLine('pushed to', result),
    ...stays,
    ...evictedLines(result.evicted, result.remote?.name),
    ...purgedLines(result),
    ...unsentLines(result),
    ...nowhereLines(result),
    ...(result.tables ?? []).map(tableLines),
  ].join('\n');
}

/** Say what came past the cache. */
export function directLines({ direct }: PullResult): string[] {
  if (direct === undefined || direct.objects === 0) return [];
  const amount = `${counted(direct.objects, 'file')}, ${byteSize(direct.bytes)}`;
  return [neutral(`Brought from ${direct.remote} straight into place: ${amount}.`)];
}

/** Say what the cache does not keep, since a remote has it. */
export function evictedLines(
  evicted: TransferResult['evicted'],
  remote: string | undefined,
  dryRun = false,
): string[] {
  if (evicted === undefined || evicted.objects === 0) return [];
  const amount = `${counted(evicted.objects, 'file')}, ${byteSize(evicted.bytes)}`;
  return [neutral(`${dryRun ? 'Would drop' : 'Dropped'} from the cache, since ${remote} has it: ${amount}.`)];
}

function purgedLines({ purged = [], remote }: TransferResult): string[] {
  return purged.map(({ path, digest }) =>
    neutral(`Left out: ${path}, which was purged from ${remote?.name} (${digest}).`),
  );
}

function unsentLines({ unsent = 0, remote }: TransferResult): string[] {
  if (unsent === 0 || remote === null) return [];
  const lacks = `Not sent: ${counted(unsent, 'version')} of other commits, which ${remote.name} lacks.`;
  return [neutral(`${lacks} \`varve push --all-commits\` sends them, \`varve push --dry-run\` names them.`)];
}

function nowhereLines({ lacking = [], remote }: TransferResult): string[] {
  const broken = lacking.filter(({ damaged }) => damaged);
  const nowhere = lacking.filter(({ damaged }) => !damaged);
  return [
    ...listed(
      'Not sent, as their data is damaged in the cache; `varve verify` names it, and `varve fetch` brings whole copies where a remote has them:',
      broken,
    ),
    ...listed(
      `Not sent, as some of their data is neither in the cache nor on ${remote?.name}; who made them sends it by \`varve push\`, and what lies here unchanged goes there by \`varve add --to-remote PATH\`:`,
      nowhere,
    ),
  ];
}

function listed(heading: string, versions: readonly LackingVersion[]): string[] {
  if (versions.length === 0) return [];
  return [heading, ...versions.map((version) => `  ${lackingLine(version)}`)].map(neutral);
}

/** Say what a remote lacks. Exit code 1 goes with it if that is anything. */
export function remoteStatusLines({ remote, versions, lacking }: RemoteStatus): string {
  const place = neutral(`${remote.name} (${remote.url})`);
  if (lacking.length === 0) return `${place} has all of ${counted(versions, 'version')}.`;
  return [
    `${place} lacks ${lacking.length} of ${counted(versions, 'version')}; \`varve push --all-commits\` sends what is here:`,
    ...lacking.map((version) => `  ${neutral(lackingLine(version))}`),
  ].join('\n');
}

/** `data/a.csv sha256:0123456789ab  commit 0123456789ab, Ann, 2026-01-01: subject` */
function lackingLine({ path, digest, commit, author, date, subject }: LackingVersion): string {
  const [algorithm, value = ''] = digest.split(':');
  const version = `${path}  ${algorithm}:${value.slice(0, 12)}`;
  if (commit === undefined) return version;
  return `${version}  commit ${commit.slice(0, 12)}, ${author}, ${date?.slice(0, 10)}: ${subject}`;
}

/** Say what a fetch did. @param isElsewhere whether something came past the cache, which another line tells of */
export function fetchLines(result: TransferResult, isElsewhere = false): string {
  const read = (result.inPlace ?? []).map(({ path, url, objects, bytes }) =>
    neutral(
      objects === 0
        ? `${path}: nothing had to be read from ${url}.`
        : `${path}: ${counted(objects, 'object')}, ${byteSize(bytes)} read from ${url}.`,
    ),
  );
  return [
    ...(result.remote === null || (isElsewhere && result.objects === 0)
      ? []
      : [remoteLine('fetched from', result)]),
    ...read,
    ...purgedLines(result),
    ...lackingLines(result),
  ].join('\n');
}

function lackingLines({ lacking = [], remote }: TransferResult): string[] {
  const gone = lacking.filter(({ purged }) => purged);
  const broken = lacking.filter(({ damaged }) => damaged);
  const unsent = lacking.filter(({ purged, damaged }) => !purged && !damaged);
  const name = remote?.name ?? '';
  return [
    ...listed(`Data of these versions was purged from ${name}, and nobody can bring it:`, gone),
    ...listed(
      `Data of these versions is damaged on ${name}: run \`varve verify --remote ${shellWord(name)}\`, then whoever has it sends it with \`varve push --all-commits\`.`,
      broken,
    ),
    ...listed(
      `${name} lacks data of these versions: who made them sends it with \`varve push --all-commits\`.`,
      unsent,
    ),
  ];
}

/** 1 where something that was asked for could not be had, or sent. */
export function transferExitCode({ lacking = [] }: TransferResult): 0 | 1 {
  return lacking.length > 0 ? 1 : 0;
}

function remoteLine(verb: string, { remote, snapshots, objects, bytes }: TransferResult): string {
  if (remote === null) return '';
  const place = neutral(`${remote.name} (${remote.url})`);
  const versions = counted(snapshots, 'snapshot');
  if (objects === 0) return `${versions}: nothing had to be ${verb} ${place}.`;
  return `${versions}: ${counted(objects, 'object')}, ${byteSize(bytes)} ${verb} ${place}.`;
}
