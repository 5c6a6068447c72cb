import type { Command } from 'commander';
import type { DriftReport, FeatureRef } from '../../drift/model.ts';
import type { DatasetDiff, DiffResult, Origins, Totals } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { diff } from '../../operations/diff.ts';
import type { FooterDifference } from '../../profile/footers/compare.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import { byWhom } from '../../wording/known-by.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { changeLines } from '../change-lines.ts';
import { type CommonOptions, defineCommand, offlineOption, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';
import { type Paint, painter } from '../terminal/text.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'diff',
    'Shows what changed in the datasets between two revisions, or up to the data as it lies here.',
    [
      ['varve diff', 'the data here against HEAD'],
      ['varve diff v1.0 v2.0 data/flights.csv', 'one dataset between two tags'],
      ['varve diff main...', 'what this branch changed since it left main'],
      ['varve diff v1.0..v2.0 data/images/cats', 'a folder within a dataset'],
      ['varve diff main --exit-code', 'exit 1 where anything differs'],
    ],
  )
    .argument(
      '[rev-or-path...]',
      'up to two revisions, or A..B or A...B, then datasets, or files and folders within',
    )
    .option('--exit-code', 'exit 1 where anything differs')
    .addOption(offlineOption())
    .action((words: string[], options: CommonOptions & { exitCode?: true }) =>
      run(options, async ({ cwd, signal, onProgress, onWarning, offline, colours, note }) => {
        const { compareStatistics } = await import('../../operations/statistics/compare.ts');
        const result = await diff(await openContext(cwd, { signal, onProgress, onWarning, offline }), words, {
          compareStatistics,
        });
        const found = options.exitCode && result.datasets.length > 0;
        const text = describe(result, painter(colours));
        return withProblems({ note }, result.problems, { json: result, text, exitCode: found ? 1 : 0 });
      }),
    );
}

function describe({ datasets }: DiffResult, paint: Paint): string {
  return datasets.map((dataset) => paragraph(dataset, paint)).join('\n');
}

function paragraph(dataset: DatasetDiff, paint: Paint): string {
  const { path, change, renamedFrom, before, after, files, statistics, footers, origins } = dataset;
  const from = renamedFrom === undefined ? '' : ` from ${neutral(renamedFrom)}`;
  const head = `${paint('bold', neutral(path))}  ${change}${from}  ${movement(before, after)}`;
  return [
    head,
    ...originLines(origins),
    ...statisticsLines(statistics),
    ...footerLines(footers, byWhom(before?.statistics ?? after?.statistics)),
    ...changeLines(files ?? [], paint),
  ].join('\n');
}

/** Where the data comes from, which a later `varve update` would ask. */
function originLines(origins: Origins | undefined): string[] {
  if (origins === undefined) return [];
  const { before, after } = origins;
  return [
    ...(before === null ? [] : [`  - from ${neutral(before)}`]),
    ...(after === null ? [] : [`  + from ${neutral(after)}`]),
  ];
}

/** Columns that came and went, and those whose values are distributed otherwise, strongest first. */
function statisticsLines(report: DriftReport | undefined): string[] {
  if (report === undefined) return [];
  const columns = (sign: string, list: readonly FeatureRef[]): string[] =>
    list.map(({ feature, type }) => `  ${sign} column ${feature} (${type})`);
  const moved = report.features.filter(({ verdict }) => verdict !== 'none');
  return [
    ...columns('+', report.added),
    ...columns('-', report.removed),
    ...moved.map(({ feature, reasons }) => `  ~ column ${feature}: ${reasons[0] ?? 'distributed otherwise'}`),
  ].map(neutral);
}

/** What footers say differently. Of bounds alone nobody knows whether values are distributed otherwise. */
function footerLines(differences: readonly FooterDifference[] = [], said = ''): string[] {
  return differences
    .map(({ table, path, what, before, after }) => {
      const column = `column ${table === '' ? '' : `${table}: `}${featureName(path)}`;
      if (what === 'added' || what === 'removed')
        return `  ${what === 'added' ? '+' : '-'} ${column} (${after ?? before})`;
      return `  ~ ${column}: ${what} ${before ?? 'unknown'} → ${after ?? 'unknown'},${said}`;
    })
    .map(neutral);
}

/** `10 → 12 rows, 3 files, 1.2 → 1.4 MiB` */
function movement(before: Totals | null, after: Totals | null): string {
  const facts = [
    step(before?.rows, after?.rows, (count) => counted(count, 'row')) + toldBy(before, after),
    step(before?.files, after?.files, (count) => counted(count, 'file')),
    step(before?.bytes, after?.bytes, byteSize),
  ];
  return facts.filter((fact) => fact !== '').join(', ');
}

/** Marks a number of rows that no profile stands behind. */
function toldBy(...sides: readonly (Totals | null)[]): string {
  return byWhom(sides.find((side) => side?.statistics !== undefined)?.statistics);
}

function step(
  before: number | undefined,
  after: number | undefined,
  show: (count: number) => string,
): string {
  const sides = [before, after].filter((count) => count !== undefined).map(show);
  return sides.length === 2 && sides[0] === sides[1] ? sides[0]! : sides.join(' → ');
}
