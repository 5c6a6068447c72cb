import type { Command } from 'commander';
import { isTabular } from '../../engine/formats/format.ts';
import { VarveError } from '../../errors.ts';
import { add, addChanged, profilerOnDemand } from '../../operations/add.ts';
import type { AddedDataset, AddResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import type { ProfilingOptions } from '../../operations/statistics/profiling-options.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted, grouped } from '../../wording/numbers.ts';
import type { Access } from '../../workspace/config.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { withEngineOptions } from '../report-options.ts';

type Options = CommonOptions &
  Access &
  Pick<ProfilingOptions, 'memory' | 'threads'> & {
    to?: string;
    replace?: true;
    follow?: true;
    toRemote?: true;
    remote?: string;
    all?: true;
    update?: true;
  };

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'add',
    'Snapshots files and folders, with their statistics, and writes a pointer beside each.',
    [
      ['varve add data/flights.csv', 'writes data/flights.csv.varve and a line in data/.gitignore'],
      ['varve add data/images data/labels.csv', 'adds both, or neither where one fails'],
      [
        'varve add data/images/cat.png',
        'a version of data/images with that one file changed, added or removed',
      ],
      ['varve add --follow data/raw', 'where data/raw is your link to a folder on another disk'],
      ['varve add --all', 'adds every dataset that changed'],
      [
        'varve add --to-remote data/huge.csv',
        'for more than the disk has room for twice: no copy in the cache',
      ],
      ['varve add s3://bucket/raw --to data/raw', 'lists what lies in a bucket, and copies nothing'],
    ],
  )
    .argument(
      '[path...]',
      'files or folders: each a dataset, or within one; or one s3:// or minio:// URL, with --to',
    )
    .option('--replace', 'what lies here is all of the dataset, whichever version it was made from')
    .option('--follow', 'a folder that is your own link to one elsewhere is the dataset, on this machine')
    .option(
      '--to-remote',
      'send the data to the remote while it is read, and keep no copy of it in the cache',
    )
    .option('--remote <name>', 'with --to-remote, a remote other than the default')
    .option('-A, --all', 'every dataset that changed, in the folders that are named if some are')
    .option('-u, --update', 'the same as --all')
    .option('--to <path>', 'where data that lies in a bucket, and stays there, is to lie when it is pulled')
    .option('--endpoint <url>', 'address of an S3 server that is not AWS, for this clone')
    .option('--region <name>', 'region of the bucket, for this clone')
    .option('--profile <name>', 'profile in the AWS configuration files, for this clone');
  return withEngineOptions(defined).action(
    (
      paths: string[],
      { json, to, replace, follow, toRemote, remote, memory, threads, all, update, ...access }: Options,
    ) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning, note }) => {
        const isAll = all === true || update === true;
        if (paths.length === 0 && !isAll)
          throw usage('name what to add, or `--all` for every dataset that changed');
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const url = sourceUrl(paths, to, access);
        checkSending(url, toRemote, remote);
        if (url !== undefined) {
          const { addInPlace } = await import('../../operations/add.ts');
          const result = await addInPlace(context, url, { to: to!, ...access });
          return { json: result, text: result.datasets.map(line).join('\n') };
        }
        const unreadable = (path: string, why: VarveError): void =>
          note(`${path} is added without statistics: ${why.message}`, `  ${why.remedy}`);
        const profiler = profilerOnDemand(context, unreadable, { memory, threads });
        // It gets ready while the bytes are taken in.
        if (paths.some(isTabular))
          (await import('../../profile/reading/process-reader.ts')).prepareReader(memory);
        const result = await (isAll ? addChanged : add)(context, paths, {
          profiler,
          replace,
          follow,
          toRemote,
          remote,
        });
        return { json: result, text: addedText(result) };
      }),
  );
}

/** The URL of data that is to be used in place; undefined if plain paths are meant. */
function sourceUrl(paths: readonly string[], to: string | undefined, access: Access): string | undefined {
  const url = paths.find((path) => /^(s3|minio):\/\//i.test(path));
  if (url === undefined) {
    if (to === undefined && Object.keys(access).length === 0) return undefined;
    throw usage('--to, --endpoint, --region and --profile go with the URL of a bucket');
  }
  if (to === undefined)
    throw usage('data in a bucket needs --to, the path where it is to lie when it is pulled');
  if (paths.length > 1) throw usage('data in a bucket is added one URL at a time');
  return url;
}

function checkSending(url: string | undefined, toRemote: true | undefined, remote: string | undefined): void {
  if (remote !== undefined && !toRemote) throw usage('--remote goes with --to-remote');
  if (url !== undefined && toRemote) throw usage('data in a bucket stays there: leave out --to-remote');
}

function usage(message: string): VarveError {
  return new VarveError('usage', message, { remedy: 'Run the command with --help for its usage.' });
}

function addedText({ datasets, remote }: AddResult): string {
  if (datasets.length === 0) return 'No dataset has changed.';
  const sent = remote && neutral(`Sent to ${remote.name} (${remote.url}): the cache keeps no copy.`);
  return [...datasets.map(line), ...(sent === undefined ? [] : [sent])].join('\n');
}

function line({ path, kind, change, bytes, files, rows, source, notHere }: AddedDataset): string {
  const facts = [
    ...(rows === undefined ? [] : [counted(rows, 'row')]),
    ...(kind === 'file' ? [] : [counted(files, 'file')]),
    byteSize(bytes),
    ...(source === undefined ? [] : [`in place in ${source}`]),
    ...(notHere === undefined
      ? []
      : [`${grouped(notHere)} of them not here, as the version before has them`]),
  ];
  return neutral(`${change.padEnd(9)}  ${path}  ${facts.join(', ')}`);
}
