import { type Command, Option } from 'commander';
import { DATABASE_SCHEMES, isDatabaseUrl } from '../../database/address.ts';
import { isTabular } from '../../engine/formats/format.ts';
import { VarveError } from '../../errors.ts';
import { isKafkaUrl } from '../../kafka/address.ts';
import {
  add,
  addChanged,
  IN_PLACE_STATISTICS,
  type InPlaceProfiling,
  profilerOnDemand,
} from '../../operations/add.ts';
import type { AddedDataset, AddResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { knownBy } from '../../profile/footers/model.ts';
import { isSourceUrl, refuseScpAddress, writtenHere } from '../../remote/url.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted, grouped } from '../../wording/numbers.ts';
import { URL_SCHEME } from '../../wording/urls.ts';
import type { Access } from '../../workspace/config.ts';
import {
  type CommonOptions,
  defineCommand,
  type Io,
  openlineageOption,
  type RunCommand,
} from '../command.ts';
import { withClusterOptions, withEngineOptions } from '../report-options.ts';
import { rowFacts } from '../row-facts.ts';
import { askForPassword } from '../terminal/password.ts';

type Options = CommonOptions &
  Access &
  InPlaceProfiling & {
    to?: string;
    replace?: true;
    follow?: true;
    toRemote?: true;
    remote?: string;
    table?: string;
    query?: string;
    incremental?: string;
    password?: true;
    at?: string;
    from?: string;
    until?: string;
    registry?: string;
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
      [
        'varve add s3://bucket/trips --at 12 --to data/trips',
        'version 12 of the Delta table there, or a snapshot or tag of an Iceberg table, which stay; or a branch, which `varve update` follows',
      ],
      [
        'varve add s3://bucket/trips --to data/trips --statistics footers',
        'with rows, columns, nulls and bounds, as the footers of Parquet files tell them: ranges are read, no rows',
      ],
      [
        'varve add s3://bucket/trips --to data/trips --statistics table',
        'the same, as far as the log of Delta Lake or the manifests of Iceberg tell it: no file is opened',
      ],
      [
        'varve add s3://bucket/raw --to data/raw --engine spark --master yarn',
        'with those of every row, for which the tasks of a cluster read it; `--engine local` reads it here',
      ],
      [
        'varve add ssh://ann@host/srv/raw --to data/raw',
        'the same of a folder at a server; also gs://, azure://, webhdfs:// and https://',
      ],
      [
        'mariadb -B -e "SELECT * FROM orders ORDER BY id" shop | varve add - --to data/orders.tsv',
        'what another program prints; with `set -o pipefail` a script ends where that program fails',
      ],
      [
        'varve add mysql://ann@db.example/shop --table orders --to data/orders.parquet',
        'a table of a MySQL, MariaDB or PostgreSQL database as it is now, in the order of its key',
      ],
      [
        'varve add mysql://ann@db.example/shop --table orders --incremental id --to data/orders',
        'a folder of Parquet: run again, or by `varve update`, it gets a file of the rows that came since',
      ],
      [
        'varve add kafka://broker:9092/events --from 2026-11-01 --until 2026-12-01 --to data/events',
        'the messages of a month of a topic as Parquet; without --from, run again, what came since',
      ],
    ],
  )
    .argument(
      '[path...]',
      'files or folders: each a dataset, or within one; or, with --to, one URL of a bucket, server, database or topic, or - for standard input',
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
    .option(
      '--to <path>',
      'where standard input, rows of a database or messages of a topic are to lie; or data that lies on a server, and stays there, when it is pulled',
    )
    .option(
      '--at <version>',
      'of a table on a server, a version (Delta Lake) or a snapshot, branch or tag (Iceberg); the newest by default',
    )
    .addOption(
      new Option(
        '--statistics <kind>',
        'of data on a server: what a table tells itself, what footers of Parquet files tell, those of every row as with --engine local, or none, which is the default',
      ).choices(IN_PLACE_STATISTICS),
    )
    .option('--table <name>', 'table of a database, all of it in the order of its primary key')
    .option('--query <sql>', 'what to read of a database, in place of a table')
    .option(
      '--incremental <column>',
      'append rows whose value in this column, such as an id, is greater than the last one that was taken; --to is a folder',
    )
    .option('--password', 'ask for the password of a database, which is kept nowhere')
    .option(
      '--from <place>',
      'first message of a topic: earliest, latest, a time, an offset, or 0:120,1:90, which takes nothing of partitions not named; by default behind what --to has',
    )
    .option(
      '--until <place>',
      'the message of a topic before which to end, likewise, which updates keep; latest by default',
    )
    .option('--registry <url>', 'registry that has the schemas of a topic (Avro, JSON)')
    .option(
      '--endpoint <url>',
      'address of a server that is not AWS, Google or the usual one of Azure, for this clone',
    )
    .option('--region <name>', 'region of the bucket, for this clone')
    .option('--profile <name>', 'profile in the AWS configuration files, for this clone')
    .addOption(openlineageOption());
  return withEngineOptions(withClusterOptions(defined, undefined)).action(
    (paths: string[], options: Options) =>
      run(options, async (io) => {
        if (paths.length === 0 && !isAll(options))
          throw usage('name what to add, or `--all` for every dataset that changed');
        const place = placeOf(paths, options);
        const result = await addFrom(io, place, paths, options);
        return { json: result, text: addedText(result) };
      }),
  );
}

function isAll({ all, update }: Options): boolean {
  return all === true || update === true;
}

async function addFrom(io: Io, place: Place, paths: readonly string[], options: Options): Promise<AddResult> {
  const { cwd, signal, onProgress, onWarning, openlineage, note } = io;
  const context = await openContext(cwd, { signal, onProgress, onWarning, openlineage });
  const { to, table, query, incremental, replace, follow, toRemote, remote, memory, threads } = options;
  if (place.kind === 'in-place') {
    const { addInPlace } = await import('../../operations/add.ts');
    const { at, statistics, engine, master, parts } = options;
    const profiling = { statistics, engine, master, parts, memory, threads };
    return addInPlace(context, place.url, { to: place.to, at, ...accessOf(options), ...profiling });
  }
  const unreadable = (path: string, why: VarveError): void =>
    note(`${why.message}; ${path} is added without statistics`, `  ${why.remedy}`);
  const profiler = profilerOnDemand(context, unreadable, { memory, threads });
  // It gets ready while the bytes are taken in.
  if ([...paths, to ?? ''].some(isTabular))
    (await import('../../profile/reading/process-reader.ts')).prepareReader(memory);
  const how = { profiler, replace, follow, toRemote, remote };
  if (place.kind === 'pipe') {
    const { addFromStream } = await import('../../operations/add-from-stream.ts');
    return addFromStream(context, process.stdin, place.to, how);
  }
  if (place.kind === 'database') {
    const { addDatabase } = await import('../../operations/add-database.ts');
    const password = options.password && (await askForPassword('Password', io));
    return addDatabase(context, place.url, {
      ...how,
      ...{ to: place.to, table, query, incremental, password },
    });
  }
  if (place.kind === 'topic') {
    const { addTopic } = await import('../../operations/add-topic.ts');
    const { from, until, registry } = options;
    return addTopic(context, place.url, { ...how, to: place.to, from, until, registry, memory });
  }
  return (isAll(options) ? addChanged : add)(context, paths, how);
}

function accessOf({ endpoint, region, profile }: Options): Access {
  return { ...(endpoint && { endpoint }), ...(region && { region }), ...(profile && { profile }) };
}

/** Where the data lies that is to be added. */
type Place =
  | { readonly kind: 'here' }
  | { readonly kind: 'pipe'; readonly to: string }
  | { readonly kind: 'in-place' | 'database' | 'topic'; readonly url: string; readonly to: string };

const STANDARD_INPUT = '-';

/** @throws VarveError `usage` for options that say nothing of such a place */
function placeOf(paths: readonly string[], options: Options): Place {
  const { to, toRemote, remote } = options;
  if (remote !== undefined && !toRemote) throw usage('--remote goes with --to-remote');
  const from = paths.find((path) => kindOf(path) !== 'here');
  const kind = kindOf(from);
  if (from === undefined) refuseUnknownScheme(paths, options);
  refuseForeignOptions(kind, options);
  if (from === undefined || kind === 'here') {
    if (to === undefined) return { kind: 'here' };
    for (const path of paths) refuseScpAddress(path);
    throw usage('--to goes with a URL, or with - for standard input');
  }
  if (to === undefined) throw usage(`${WHAT[kind]} needs --to, the path where it is to lie`);
  if (paths.length > 1) throw usage(`${WHAT[kind]} is added by itself`);
  if (kind === 'in-place' && toRemote) throw usage('data on a server stays there: leave out --to-remote');
  if (kind !== 'pipe') return { kind, url: from, to };
  if (process.stdin.isTTY) throw usage('standard input is a terminal: pipe a program into `varve add -`');
  return { kind, to };
}

/** A name that is mistyped is no reason to say that its options are wrong. @throws VarveError `usage` */
function refuseUnknownScheme(paths: readonly string[], { to, table, query, incremental, password }: Options) {
  const url = paths.find((path) => URL_SCHEME.test(path));
  const here = url && writtenHere(url);
  if (url === undefined || (here ?? to ?? table ?? query ?? incremental ?? password) === undefined) return;
  const known = DATABASE_SCHEMES.map((scheme) => `${scheme}://`).join(', ');
  const schemes = `Databases have ${known}, topics kafka://, and data on a server s3://, minio://, gs://, azure://, ssh://, webhdfs:// and https://.`;
  throw new VarveError('usage', `${URL_SCHEME.exec(url)![1]}:// is no kind of URL that \`varve add\` takes`, {
    remedy: here === undefined ? schemes : `Write it as ${here}.`,
  });
}

/** @throws VarveError `usage` for options that are for another kind of place */
function refuseForeignOptions(kind: Place['kind'], options: Options): void {
  const { at, statistics, engine, master, parts } = options;
  const { table, query, incremental, password, from, until, registry } = options;
  if (kind !== 'database' && (table ?? query ?? incremental ?? password) !== undefined)
    throw usage('--table, --query, --incremental and --password go with the URL of a database');
  if (kind !== 'topic' && (from ?? until ?? registry) !== undefined)
    throw usage('--from, --until and --registry go with the URL of a topic');
  if (kind === 'in-place') return;
  if (statistics !== undefined) throw usage('--statistics goes with the URL of data on a server');
  if ((engine ?? master ?? parts) !== undefined)
    throw usage('--engine, --master and --parts go with the URL of data on a server');
  if (at !== undefined) throw usage('--at goes with the URL of a table on a server');
  if (Object.keys(accessOf(options)).length > 0)
    throw usage('--endpoint, --region and --profile go with the URL of a bucket');
}

const WHAT = {
  pipe: 'standard input',
  'in-place': 'data on a server',
  database: 'a database',
  topic: 'a topic',
} as const;

function kindOf(from: string | undefined): Place['kind'] {
  if (from === undefined) return 'here';
  if (from === STANDARD_INPUT) return 'pipe';
  if (isKafkaUrl(from)) return 'topic';
  if (isDatabaseUrl(from)) return 'database';
  return isSourceUrl(from) ? 'in-place' : 'here';
}

const TABLES = { delta: 'Delta table', iceberg: 'Iceberg table' } as const;

function usage(message: string): VarveError {
  return new VarveError('usage', message, { remedy: 'Run the command with --help for its usage.' });
}

function addedText({ datasets, remote }: AddResult): string {
  if (datasets.length === 0) return 'No dataset has changed.';
  const sent = remote && neutral(`Sent to ${remote.name} (${remote.url}): the cache keeps no copy.`);
  return [...datasets.map(line), ...(sent === undefined ? [] : [sent])].join('\n');
}

function line({
  path,
  kind,
  change,
  bytes,
  files,
  rows,
  footers,
  footersBy,
  source,
  table,
  notHere,
}: AddedDataset): string {
  const facts = [
    ...rowFacts({ rows, statistics: knownBy({ footers, footersBy }) }),
    ...(kind === 'file' ? [] : [counted(files, 'file')]),
    byteSize(bytes),
    ...(source === undefined
      ? []
      : [`${table ? `version ${table.version} of the ${TABLES[table.format]}` : 'in place in'} ${source}`]),
    ...(notHere === undefined
      ? []
      : [`${grouped(notHere)} of them not here, as the version before has them`]),
  ];
  return neutral(`${change.padEnd(9)}  ${path}  ${facts.join(', ')}`);
}
