import type { Command } from 'commander';
import { fileInGit } from '../../operations/datasets/resolve.ts';
import { type ValidateOptions, validate } from '../../operations/validate.ts';
import { FORMATS } from '../../report/format.ts';
import { renderValidation } from '../../report/render.ts';
import { defineCommand, openlineageOption, type RunCommand } from '../command.ts';
import {
  type ReportOptions,
  reportOutcome,
  withProfilingOptions,
  withReportOptions,
} from '../report-options.ts';

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'validate',
    'Holds a dataset against its schema and names every anomaly. Exit code 1 where there is an error.',
    [
      ['varve validate data/flights.csv', 'against data/flights.csv.schema.yaml'],
      [
        'varve validate delivery.csv --schema data/flights.csv.schema.yaml',
        'a plain file, before it is added',
      ],
      [
        'varve validate data/flights.csv --environment SERVING',
        'without the features that this environment lacks',
      ],
      ['varve validate data/flights.csv --format junit --output report.xml', 'for a CI server'],
      [
        'varve validate stats.tfrecord --schema schema.pbtxt --format tfdv',
        'statistics and schema of TensorFlow Data Validation, and anomalies as it writes them',
      ],
    ],
  )
    .argument(
      '<dataset>',
      'path, path@REV, plain file or folder, quoted pattern, or quoted URL of a table in a database',
    )
    .option('--schema <file>', 'another schema than <dataset>.schema.yaml')
    .option('--environment <name>', 'the environment of the schema that the data is for')
    .option('--previous <dataset>', 'for drift comparators; the version before unless given')
    .option('--serving <dataset>', 'for skew comparators')
    .addOption(openlineageOption());
  return withProfilingOptions(withReportOptions(defined, [...FORMATS, 'tfdv'])).action(
    (dataset: string, options: ReportOptions & ValidateOptions) =>
      run(options, async (io) => {
        const file = fileInGit(io.cwd, dataset);
        const report = await validate(io.cwd, dataset, options, io);
        return reportOutcome(
          io,
          options,
          report,
          (format, look) => renderValidation(report, format, { ...look, file }),
          report.valid ? 0 : 1,
        );
      }),
  );
}
