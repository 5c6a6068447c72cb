import type { Command } from 'commander';
import { type CheckResult, check } from '../../operations/check.ts';
import { renderCheck } from '../../report/check.ts';
import { FORMATS } from '../../report/format.ts';
import { defineCommand, openlineageOption, type RunCommand } from '../command.ts';
import { type ReportOptions, reportOutcome, strictOption, withReportOptions } from '../report-options.ts';
import { type FailOn, failOnOption, isFailure } from './drift.ts';

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'check',
    'Validates every dataset whose data or schema changed since HEAD left a base, and compares it with the base. For CI: reads profiles, and rows only where they are here.',
    [
      ['varve check --base origin/main', 'what a pull request changes'],
      ['varve check --base HEAD~1 --format markdown --output report.md', 'as a comment'],
    ],
  )
    .argument('[path...]', 'datasets, or folders that hold some')
    .requiredOption('--base <revision>', 'the revision to compare with, from where HEAD left it')
    .addOption(failOnOption())
    .addOption(strictOption())
    .addOption(openlineageOption());
  return withReportOptions(defined, FORMATS).action(
    (paths: string[], options: ReportOptions & { base: string; failOn: FailOn; strict?: true }) =>
      run(options, async (io) => {
        const result = await check(io.cwd, options.base, { paths, strict: options.strict }, io);
        return reportOutcome(
          io,
          options,
          result,
          (format, look) => renderCheck(result, format, look),
          exitCodeOf(result, options.failOn),
        );
      }),
  );
}

/** 2 if a dataset could not be checked, whatever was found of others: nobody may take that for an answer. */
function exitCodeOf({ datasets }: CheckResult, failOn: FailOn): 0 | 1 | 2 {
  if (datasets.some(({ failure }) => failure !== undefined)) return 2;
  const isBad = datasets.some(
    ({ validation, drift }) =>
      validation?.valid === false || (drift !== undefined && isFailure(drift.verdict, failOn)),
  );
  return isBad ? 1 : 0;
}
