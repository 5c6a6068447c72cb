import { type Command, Option } from 'commander';
import { VarveError } from '../../errors.ts';
import { knownStatistics, profile } from '../../operations/profile.ts';
import { joinProfileParts, type MergedProfile, mergeProfile } from '../../operations/profile-merge.ts';
import { type PartNumber, profilePart } from '../../operations/profile-part.ts';
import type { KnownStatistics } from '../../operations/statistics/load.ts';
import type { ProfilingOptions } from '../../operations/statistics/profiling-options.ts';
import { footersDocument, profileDocument } from '../../report/json.ts';
import { profileAsStatistics, renderFooters, renderProfile } from '../../report/render.ts';
import { neutral } from '../../wording/neutral.ts';
import { defineCommand, type Io, type Outcome, type RunCommand } from '../command.ts';
import {
  partOf,
  type ReportOptions,
  replaceReport,
  reportOutcome,
  withProfilingOptions,
  withReportOptions,
} from '../report-options.ts';

type Options = ReportOptions &
  ProfilingOptions & {
    readonly compare?: string;
    readonly part?: PartNumber;
    readonly merge?: readonly string[];
    readonly partial?: boolean;
  };

/** Options that hand the work to a cluster: a part is work for one machine, and merging is none. */
const OF_CLUSTERS = ['engine', 'master', 'parts'];

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'profile',
    'Shows the statistics of a dataset, a version of it, or a plain file or folder.',
    [
      ['varve profile data/flights.csv', 'a table of its features'],
      ['varve profile data/flights.csv@v1.0 --json', 'of a version, for a program'],
      ['varve profile data/flights.csv --format html --output flights.html', 'a page to look at'],
      [
        'varve profile data/flights.csv --compare data/flights.csv@HEAD~1 --format html --output flights.html',
        'two versions, overlaid',
      ],
      ['varve profile data/flights.csv --slice carrier=UA', 'of some of the rows'],
      ["varve profile 'logs/**/2024-*.parquet'", 'of the files that a pattern means, as one dataset'],
      [
        'varve profile data/flights.csv --format tfdv --output stats.tfrecord',
        'for TensorFlow Data Validation; also .pb (binary) and .pbtxt',
      ],
      [
        'varve profile data/flights.csv --format sagemaker --output statistics.json',
        'for SageMaker Model Monitor',
      ],
      [
        'varve profile data/logs --part 3/8 --output part-3',
        'an eighth of the work, on one of eight machines',
      ],
      [
        "varve profile 'mysql://ann@db.example/shop?table=orders'",
        'a table of a database, without a file of it; also ?query=SELECT …',
      ],
      ['varve profile --merge part-*', 'all parts together: the profile of the whole, to the byte'],
      [
        'varve profile --merge part-1 part-2 --partial --output first-parts',
        'some parts as one, which is smaller, to be merged with the others',
      ],
    ],
  )
    .argument(
      '[dataset]',
      'path, path@REV, plain file or folder, quoted pattern, or quoted URL of a table in a database',
    )
    .option('--compare <dataset>', 'with --format html: an earlier version, or another dataset, to overlay')
    .addOption(
      new Option('--part <i/n>', 'read only this part of the work, and write what --merge takes')
        .argParser(partOf)
        .conflicts(['compare', 'format', 'merge', ...OF_CLUSTERS]),
    )
    .addOption(
      new Option(
        '--merge <files...>',
        'put parts together, in any order; the dataset is asked only if its columns have other types in other files',
      ).conflicts(['slice', 'weight', ...OF_CLUSTERS]),
    )
    .addOption(
      new Option('--partial', 'with --merge: write one part in place of some, for a later --merge').conflicts(
        ['compare', 'format'],
      ),
    );
  return withProfilingOptions(
    withReportOptions(defined, ['text', 'json', 'markdown', 'html', 'prometheus', 'tfdv', 'sagemaker']),
  ).action((dataset: string | undefined, options: Options) =>
    run(options, async (io) => {
      if (options.compare !== undefined && (options.format !== 'html' || options.json)) throw onlyOnAPage();
      if (options.part !== undefined)
        return writePart(io, profilePart(io.cwd, named(dataset), options.part, options, io), options);
      if (options.partial) return writePart(io, joined(io, options), options);
      const found = await profiled(io, dataset, options);
      if ('footers' in found)
        return reportOutcome(io, options, footersDocument(found.footers), (format, look) =>
          renderFooters(found.footers, format, { ...look, name: found.name }),
        );
      const other =
        options.compare === undefined ? undefined : await profile(io.cwd, options.compare, options, io);
      const document = options.json === true ? profileDocument(found.profile) : undefined;
      return reportOutcome(io, options, document, (format, look) =>
        format === 'tfdv' && options.output !== undefined
          ? profileAsStatistics(found.profile, options.output)
          : renderProfile(found.profile, format, {
              ...look,
              name: found.name,
              ...(other === undefined ? {} : { compareWith: { name: other.name, profile: other.profile } }),
            }),
      );
    }),
  );
}

function profiled(
  io: Io,
  dataset: string | undefined,
  options: Options,
): Promise<MergedProfile | KnownStatistics> {
  const { merge, memory, threads, dateFormat } = options;
  if (merge === undefined) return knownStatistics(io.cwd, named(dataset), options, io);
  return mergeProfile(io.cwd, merge, { dataset, memory, threads, dateFormat }, io);
}

function joined(io: Io, { merge }: Options): AsyncIterable<Uint8Array> {
  if (merge !== undefined) return joinProfileParts(io.cwd, merge, io);
  throw new VarveError('usage', '`--partial` says how parts are merged, and no part is named', {
    remedy: 'Name them: `varve profile --merge FILE… --partial --output FILE`.',
  });
}

async function writePart(io: Io, part: AsyncIterable<Uint8Array>, options: Options): Promise<Outcome> {
  const lines: Uint8Array[] = [];
  for await (const line of part) lines.push(line);
  const bytes = Buffer.concat(lines);
  if (options.output === undefined) return { json: undefined, text: bytes.toString(), isVerbatim: true };
  await replaceReport(io, options.output, bytes);
  return { json: undefined, text: neutral(`Wrote ${options.output}.`) };
}

function named(dataset: string | undefined): string {
  if (dataset !== undefined) return dataset;
  throw new VarveError('usage', 'No dataset is named', { remedy: 'Name one: `varve profile DATASET`.' });
}

function onlyOnAPage(): VarveError {
  return new VarveError('usage', '`--compare` draws two profiles on one page, so it needs `--format html`', {
    remedy: 'Add `--format html --output FILE`; what differs in figures is what `varve drift` tells.',
  });
}
