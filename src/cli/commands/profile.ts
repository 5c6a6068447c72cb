import type { Command } from 'commander';
import { VarveError } from '../../errors.ts';
import { profile } from '../../operations/profile.ts';
import type { ProfilingOptions } from '../../operations/statistics/load.ts';
import { profileDocument } from '../../report/json.ts';
import { profileAsStatistics, renderProfile } from '../../report/render.ts';
import { defineCommand, type RunCommand } from '../command.ts';
import {
  type ReportOptions,
  reportOutcome,
  withProfilingOptions,
  withReportOptions,
} from '../report-options.ts';

type Options = ReportOptions & ProfilingOptions & { readonly compare?: string };

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
    ],
  )
    .argument('<dataset>', 'path, path@REV, plain file or folder, or quoted pattern')
    .option('--compare <dataset>', 'with --format html: an earlier version, or another dataset, to overlay');
  return withProfilingOptions(
    withReportOptions(defined, ['text', 'json', 'markdown', 'html', 'prometheus', 'tfdv']),
  ).action((dataset: string, options: Options) =>
    run(options, async (io) => {
      if (options.compare !== undefined && (options.format !== 'html' || options.json)) throw onlyOnAPage();
      const found = await profile(io.cwd, dataset, options, io);
      const other =
        options.compare === undefined ? undefined : await profile(io.cwd, options.compare, options, io);
      const document = options.json === true ? profileDocument(found.profile) : undefined;
      return reportOutcome(io, options, document, (format, look) =>
        format === 'tfdv' && options.output !== undefined
          ? profileAsStatistics(found.profile, options.output)
          : renderProfile(found.profile, format, {
              ...look,
              name: dataset,
              ...(other === undefined ? {} : { compareWith: { name: other.name, profile: other.profile } }),
            }),
      );
    }),
  );
}

function onlyOnAPage(): VarveError {
  return new VarveError('usage', '`--compare` draws two profiles on one page, so it needs `--format html`', {
    remedy: 'Add `--format html --output FILE`; what differs in figures is what `varve drift` tells.',
  });
}
