import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { DriftReport, Verdict } from '../../drift/model.ts';
import { driftWindow } from '../../drift/window.ts';
import { VarveError } from '../../errors.ts';
import { isKafkaUrl } from '../../kafka/address.ts';
import { checkOutputPlace } from '../../operations/datasets/output-place.ts';
import { fileInGit } from '../../operations/datasets/resolve.ts';
import { type DriftOperationOptions, drift } from '../../operations/drift.ts';
import { driftHistory } from '../../operations/drift-history.ts';
import { driftStream } from '../../operations/drift-stream.ts';
import type { TopicOptions } from '../../operations/drift-topic.ts';
import { DEFAULT_WINDOW } from '../../operations/inference/window-limit.ts';
import { FORMATS } from '../../report/format.ts';
import { renderDrift, renderDriftSeries, renderDriftWindow } from '../../report/render.ts';
import { refuseLinksOut } from '../../workspace/repository.ts';
import { defineCommand, type Io, type Outcome, openlineageOption, type RunCommand } from '../command.ts';
import {
  parseSlice,
  type ReportOptions,
  replaceReport,
  reportOutcome,
  withProfilingOptions,
  withReportOptions,
} from '../report-options.ts';

export type FailOn = Exclude<Verdict, 'none'>;

/** The option from which verdict on a command fails. */
export function failOnOption(): Option {
  return new Option('--fail-on <verdict>', 'exit 1 from this verdict on')
    .choices(['warning', 'drift'])
    .default('drift');
}

/** Tell whether the verdict reaches `--fail-on`, so that the command exits with 1. */
export function isFailure(verdict: Verdict, failOn: FailOn): boolean {
  return verdict === 'drift' || verdict === failOn;
}

type TopicChoices = Pick<TopicOptions, 'eventTime' | 'lateness' | 'group' | 'from' | 'until' | 'registry'>;

interface Options extends ReportOptions, DriftOperationOptions, TopicChoices {
  readonly failOn: FailOn;
  readonly history?: true;
  readonly stream?: string;
  readonly environment?: string;
  readonly window?: string;
  readonly prometheus?: string;
}

export function command(run: RunCommand): Command {
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
      [
        'varve drift data/flights.csv data/flights.csv --slice origin=JFK --slice-after origin=EWR',
        'two slices of one dataset',
      ],
      ['varve drift data/flights.csv --history', 'each version against the one before it'],
      [
        'tail -f requests.jsonl | varve drift data/flights.csv --stream - --prometheus drift.prom',
        'what is served, against what was trained on',
      ],
      [
        'varve drift data/flights.csv --stream kafka://broker:9092/flights --window 15m',
        'a topic, a report for each quarter of an hour; run again, it goes on where it was',
      ],
    ],
  )
    .argument('<before>', 'path, path@REV, plain file or folder, or quoted URL of a table in a database')
    .argument('[after]', 'likewise; none with --history or --stream')
    .addOption(failOnOption())
    .option('--baseline <range>', 'versions whose differences are usual, as REV..REV')
    .option('--schema <file>', 'drift settings from another schema than that of <after>')
    .option('--disjoint-keys', 'the two are splits, such as training and test data: shared keys are leakage')
    .addOption(
      new Option('--history', 'each committed version against the one before it').conflicts([
        'stream',
        'baseline',
        'disjointKeys',
        'prometheus',
        'slice',
        'weight',
      ]),
    )
    .addOption(
      new Option(
        '--stream <source>',
        'what to compare with <before>, window by window: JSON Lines or a TFRecord of requests in a file, - for standard input, or kafka://broker[,broker]/topic',
      ).conflicts(['baseline', 'disjointKeys', 'output', 'format']),
    )
    .addOption(
      new Option('--slice-after <feature=value>', 'the slice of <after>, where it is another one')
        .argParser(parseSlice)
        .conflicts(['history', 'stream']),
    )
    .option('--environment <name>', 'the environment of the schema that the rows of --stream are in')
    .option(
      '--window <size>',
      `rows of a window of --stream, or its minutes by the time of each row, such as 15m; ${DEFAULT_WINDOW} unless given`,
    )
    .option(
      '--event-time <feature>',
      'with minutes, what says when a row happened; else its message or its envelope does',
    )
    .option('--lateness <minutes>', 'with minutes, how much later than others a row may come, such as 5m')
    .option(
      '--group <name>',
      'consumer group of a topic, which keeps what was reported; one a dataset by default',
    )
    .option(
      '--from <place>',
      'where a new group begins: earliest (the default), latest, a time, an offset, or 0:120,1:90, where partitions not named begin with what comes from now on',
    )
    .option('--until <place>', 'where reading a topic ends, likewise; it goes on for ever by default')
    .option('--registry <url>', 'registry that has the schemas of a topic (Avro, JSON)')
    .option('--prometheus <file>', 'write metrics as well, anew for each window of --stream')
    .addOption(openlineageOption().conflicts(['history', 'stream']));
  return withProfilingOptions(withReportOptions(defined, FORMATS)).action(
    (before: string, after: string | undefined, options: Options) =>
      run(options, async (io) => {
        if (options.history) return compareHistory(io, onlyDataset(before, after, '--history'), options);
        if (options.stream !== undefined)
          return compareStream(io, onlyDataset(before, after, '--stream'), options);
        if (options.environment !== undefined) throw environmentAlone();
        refuseOfStreams(options, [...OF_STREAMS, ...OF_TOPICS], '--stream');
        if (after !== undefined) return comparePair(io, before, after, options);
        throw new VarveError('usage', `There is nothing to compare ${before} with`, {
          remedy: 'Name a second dataset or version, or give --history or --stream.',
        });
      }),
  );
}

const OF_STREAMS = ['window', 'eventTime', 'lateness'] as const;
const OF_TOPICS = ['group', 'from', 'until', 'registry'] as const;

/** @throws VarveError `usage` for an option that says nothing without another */
function refuseOfStreams(
  options: Options,
  names: readonly (keyof TopicChoices | 'window')[],
  goesWith: string,
): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new VarveError('usage', `--${flag} goes with ${goesWith}`, {
    remedy: `Leave it out, or give ${goesWith}.`,
  });
}

function environmentAlone(): VarveError {
  return new VarveError('usage', '--environment is for what is served, and there is no --stream', {
    remedy: 'Give --stream too, or use the option --environment of `varve validate`.',
  });
}

/** The one dataset that `--history` and `--stream` take. @throws VarveError `usage` if there are two */
function onlyDataset(before: string, after: string | undefined, flag: string): string {
  if (after === undefined) return before;
  throw new VarveError('usage', `${flag} takes one dataset, so ${after} is one too many`, {
    remedy: `Leave out ${after}, or ${flag}.`,
  });
}

/** Compare two datasets, versions or slices. */
async function comparePair(io: Io, before: string, after: string, options: Options): Promise<Outcome> {
  const report = await drift(io.cwd, [before, after], options, io);
  await writeMetrics(io, options, report);
  const exitCode = isFailure(report.verdict, options.failOn) ? 1 : 0;
  const file = fileInGit(io.cwd, after);
  return reportOutcome(
    io,
    options,
    report,
    (format, renderOptions) => renderDrift(report, format, { ...renderOptions, file }),
    exitCode,
  );
}

/** Compare each committed version of a dataset with the one before it. */
async function compareHistory(io: Io, dataset: string, options: Options): Promise<Outcome> {
  const series = await driftHistory(io.cwd, dataset, options, io);
  const exitCode = series.steps.some(({ verdict }) => isFailure(verdict, options.failOn)) ? 1 : 0;
  return reportOutcome(
    io,
    options,
    series,
    (format, renderOptions) => renderDriftSeries(series, format, renderOptions),
    exitCode,
  );
}

/** Compare JSON Lines with a snapshot, and print a line for each window as soon as it is full. */
async function compareStream(io: Io, snapshot: string, options: Options): Promise<Outcome> {
  if (options.prometheus !== undefined) await checkOutputPlace(io.cwd, options.prometheus);
  let windows = 0;
  let exitCode: 0 | 1 = 0;
  for await (const report of await streamReports(io, snapshot, options)) {
    const line = driftWindow(report, ++windows);
    io.emit(line, renderDriftWindow(line, 'text', { color: io.colours, width: io.width ?? 100 }));
    await writeMetrics(io, options, { ...report, after: { ...report.after, name: snapshot } });
    if (isFailure(report.verdict, options.failOn)) exitCode = 1;
  }
  return { json: undefined, text: '', exitCode };
}

async function streamReports(
  io: Io,
  snapshot: string,
  options: Options,
): Promise<AsyncIterable<DriftReport>> {
  const source = options.stream!;
  const stream = { ...options, window: options.window ?? DEFAULT_WINDOW };
  if (isKafkaUrl(source)) {
    const { driftTopic } = await import('../../operations/drift-topic.ts');
    return driftTopic(io.cwd, snapshot, source, stream, io);
  }
  refuseOfStreams(options, OF_TOPICS, 'a topic, kafka://broker/topic');
  return driftStream(io.cwd, snapshot, streamInput(io, source), stream, io);
}

/** Open the lines of `--stream`: a file, or standard input. */
function streamInput(io: Io, file: string): Readable {
  if (file === '-') return addAbortSignal(io.signal, process.stdin);
  refuseLinksOut(io.cwd, file);
  const path = resolve(io.cwd, file);
  if (existsSync(path)) return addAbortSignal(io.signal, createReadStream(path));
  throw new VarveError('path-missing', `There is nothing at ${file}`, {
    path: file,
    remedy: 'Name a file of JSON Lines, - for standard input, or kafka://broker/topic.',
  });
}

/** Write metrics for Prometheus if `--prometheus` names a file. */
async function writeMetrics(io: Io, { prometheus }: Options, report: DriftReport): Promise<void> {
  if (prometheus === undefined) return;
  const text = renderDrift(report, 'prometheus', { color: false, width: 100 });
  await replaceReport(io, prometheus, text);
}
