import { type Command, Option } from 'commander';
import type { Verdict } from '../drift/model.ts';
import { type DriftOperationOptions, drift } from '../operations/drift.ts';
import { formats } from '../report/format.ts';
import { renderDrift } from '../report/render.ts';
import { defineCommand, type Run } from './command.ts';
import {
  type ReportOptions,
  reportOutcome,
  withProfilingOptions,
  withReportOptions,
} from './report-options.ts';

export type FailOn = Exclude<Verdict, 'none'>;

export function failOnOption(): Option {
  return new Option('--fail-on <verdict>', 'exit 1 from this verdict on')
    .choices(['warning', 'drift'])
    .default('drift');
}

export function fails(verdict: Verdict, failOn: FailOn): boolean {
  return verdict === 'drift' || verdict === failOn;
}

export function command(run: Run): Command {
  const defined = defineCommand(
    'drift',
    'Reports what changed between two datasets or versions, strongest first, from their profiles. Exit code 1 where there is drift.',
    [
      ['varve drift data/flights.csv@HEAD~1 data/flights.csv', 'the last version against this one'],
      ['varve drift train.parquet test.parquet --disjoint-keys', 'two plain files that must share no rows'],
      [
        'varve drift data/flights.csv@v1 data/flights.csv --baseline v1..v5',
        'what usually differs is no drift',
      ],
      [
        'varve drift data/flights.csv@v1 data/flights.csv --format html --output drift.html',
        'a page to look at',
      ],
    ],
  )
    .argument('<before>', 'path, path@REV, or a plain file or folder')
    .argument('<after>', 'likewise')
    .addOption(failOnOption())
    .option('--baseline <range>', 'versions whose differences are usual, as REV..REV')
    .option('--schema <file>', 'drift settings from another schema than that of <after>')
    .option('--disjoint-keys', 'the two are splits, such as training and test data: shared keys are leakage');
  return withProfilingOptions(withReportOptions(defined, formats)).action(
    (before: string, after: string, options: ReportOptions & DriftOperationOptions & { failOn: FailOn }) =>
      run(options, async (io) => {
        const report = await drift(io.cwd, [before, after], options, io);
        const exitCode = fails(report.verdict, options.failOn) ? 1 : 0;
        return reportOutcome(
          io,
          options,
          report,
          (format, look) => renderDrift(report, format, look),
          exitCode,
        );
      }),
  );
}
