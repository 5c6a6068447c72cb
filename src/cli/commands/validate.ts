import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { fileInGit } from '../../operations/datasets/resolve.ts';
import type { PartNumber } from '../../operations/profile-part.ts';
import { answerRowsPart } from '../../operations/rows-part.ts';
import type { ProfilingOptions } from '../../operations/statistics/profiling-options.ts';
import { type ValidateOptions, validate } from '../../operations/validate.ts';
import { findRepeated } from '../../profile/rows/repeated-keys.ts';
import { encodeRepeated } from '../../profile/rows/rows-part.ts';
import type { RowsPlan } from '../../profile/rows/rows-plan.ts';
import { FORMATS } from '../../report/format.ts';
import { renderValidation } from '../../report/render.ts';
import { defineCommand, type Io, type Outcome, openlineageOption, type RunCommand } from '../command.ts';
import {
  partOf,
  type ReportOptions,
  reportOutcome,
  strictOption,
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
      ['varve validate data/flights.csv --strict', 'a gate that no check passes which could not be made'],
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
    .addOption(strictOption())
    .addOption(openlineageOption())
    // What an engine such as Spark has its tasks do.
    .addOption(new Option('--ask-part <i/n>').argParser(partOf).hideHelp())
    .addOption(new Option('--keys <folder>').hideHelp())
    .addOption(new Option('--ask-keys <file>').hideHelp());
  return withProfilingOptions(withReportOptions(defined, [...FORMATS, 'tfdv'])).action(
    (dataset: string, options: ReportOptions & ValidateOptions & TaskOptions) =>
      run(options, async (io) => {
        if (options.askPart !== undefined) return answers(io, dataset, options.askPart, options);
        if (options.askKeys !== undefined) {
          const plan = rowsPlan();
          return verbatim(encodeRepeated(plan, findRepeated(resolve(io.cwd, options.askKeys), plan.secret)));
        }
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

interface TaskOptions {
  readonly askPart?: PartNumber;
  readonly keys?: string;
  readonly askKeys?: string;
}

async function answers(
  io: Io,
  dataset: string,
  part: PartNumber,
  options: ProfilingOptions & TaskOptions,
): Promise<Outcome> {
  const lines: string[] = [];
  for await (const line of answerRowsPart(io.cwd, dataset, part, rowsPlan(), options, io)) lines.push(line);
  return verbatim(lines.join(''));
}

/** What whoever started the tasks gives each of them by its standard input. */
function rowsPlan(): RowsPlan {
  return JSON.parse(readFileSync(0, 'utf8')) as RowsPlan;
}

function verbatim(text: string): Outcome {
  return { json: undefined, text, isVerbatim: true };
}
