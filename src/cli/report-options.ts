import { lstatSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { replaceFile } from '../base/files/atomic-write.ts';
import { VarveError } from '../errors.ts';
import { checkOutputPlace, isDevicePath } from '../operations/datasets/output-place.ts';
import type { PartNumber } from '../operations/profile-part.ts';
import type { ProfilingOptions } from '../operations/statistics/profiling-options.ts';
import { MAX_PARTS } from '../profile/parts/plan.ts';
import type { RenderOptions, ReportFormat } from '../report/format.ts';
import { neutral } from '../wording/neutral.ts';
import { type CommonOptions, type Io, type Outcome, offlineOption, positiveInteger } from './command.ts';

export interface ReportOptions extends CommonOptions {
  readonly format: ReportFormat;
  readonly output?: string;
}

/** Add `--format`, `--output` and `--offline` to a command that ends in a report on statistics. */
export function withReportOptions(command: Command, formats: readonly ReportFormat[]): Command {
  return command
    .addOption(new Option('--format <format>', 'how to write the report').choices(formats).default('text'))
    .option('--output <file>', 'write the report into a file')
    .addOption(offlineOption());
}

/** Add what decides which rows are counted, and with how much of the machine. */
export function withProfilingOptions(command: Command): Command {
  const chosen = command
    .option('--slice <feature=value>', 'only the rows in which a feature has this value', parseSlice)
    .option('--weight <feature>', 'the feature that weights rows')
    .option(
      '--date-format <column=format>',
      'how the dates of a column of CSV are written, such as sold=%d/%m/%Y; may be given again',
      parseDateFormat,
    );
  return withClusterOptions(withEngineOptions(chosen), 'local');
}

/** Add which cluster does the work. @param byDefault undefined where nobody does it unless asked */
export function withClusterOptions(command: Command, byDefault: 'local' | undefined): Command {
  const engine = new Option(
    '--engine <engine>',
    byDefault === undefined
      ? 'who computes what has to be computed'
      : 'who computes what has to be computed; this machine unless given, and then no data in place is fetched for it',
  ).choices(['local', 'spark', 'ray']);
  return command
    .addOption(engine)
    .option('--master <url>', 'the cluster of the engine, such as spark://host:7077 or local[4]')
    .option(
      '--parts <count>',
      'parts in which an engine does the work; twice its cores unless given',
      positiveInteger,
    );
}

/** Add what bounds the engine. */
export function withEngineOptions(command: Command): Command {
  return command
    .option('--memory <size>', 'most memory of the engine, such as 1GB')
    .option('--threads <count>', 'threads of the engine', positiveInteger);
}

/** The option by which a gate lets nothing through that was not checked. */
export function strictOption(): Option {
  return new Option('--strict', 'a check that could not be made, since the rows are not here, is an error');
}

/** The report as text in the format that was asked for; into a file if one is named. */
export async function reportOutcome(
  io: Io,
  options: ReportOptions,
  report: unknown,
  render: (format: ReportFormat, options: RenderOptions) => string | Uint8Array,
  exitCode: 0 | 1 | 2 = 0,
): Promise<Outcome> {
  const asText = options.output !== undefined || options.json !== true;
  if (!asText) return { json: report, text: '', exitCode };
  const rendered = render(options.format, {
    color: io.colours && options.output === undefined,
    width: io.width ?? 100,
  });
  if (options.output === undefined) {
    const isVerbatim = options.format !== 'text' && options.format !== 'markdown';
    return { json: report, text: rendered.toString(), isVerbatim, exitCode };
  }
  await replaceReport(io, options.output, rendered);
  return { json: report, text: neutral(`Wrote ${options.output}.`), exitCode };
}

/**
 * Write a file as a whole, so that whoever reads it meanwhile sees the old one or the new one.
 * @throws VarveError `output-unwritable`, and as checkOutputPlace
 */
export async function replaceReport(io: Io, name: string, report: string | Uint8Array): Promise<void> {
  const path = resolve(io.cwd, name);
  await checkOutputPlace(io.cwd, name);
  try {
    if (isReplaced(path)) replaceFile(path, [Buffer.from(report)], false);
    else writeFileSync(path, report);
  } catch (error) {
    throw new VarveError('output-unwritable', `Cannot write ${name}: ${(error as Error).message}`, {
      path: name,
      remedy: 'Name a file in a folder that is there and that you may write to.',
      cause: error,
    });
  }
}

/**
 * A pipe or a device such as /dev/stdout takes the text itself. A link elsewhere gives way to the report: Git may have brought it, and
 * what it leads to is not what was named.
 */
function isReplaced(path: string): boolean {
  if (isDevicePath(path)) return false;
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined || found.isFile() || found.isSymbolicLink();
}

/** `i/n`, from 1. */
export function partOf(text: string): PartNumber {
  const [, part, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const number = { part: Number(part), of: Number(of) };
  if (number.part >= 1 && number.part <= number.of && number.of <= MAX_PARTS) return number;
  throw new InvalidArgumentError(`Write it as I/N, from 1/N to N/N, such as 3/8; N is at most ${MAX_PARTS}.`);
}

/** One more `column=format`. */
function parseDateFormat(
  text: string,
  before: ProfilingOptions['dateFormat'] = {},
): ProfilingOptions['dateFormat'] {
  const equals = text.indexOf('=');
  if (equals > 0)
    return Object.fromEntries([...Object.entries(before), [text.slice(0, equals), text.slice(equals + 1)]]);
  throw new InvalidArgumentError('Write it as column=format, such as sold=%d/%m/%Y.');
}

/** `feature=value` as a slice. */
export function parseSlice(text: string): NonNullable<ProfilingOptions['slice']> {
  const equals = text.indexOf('=');
  if (equals > 0) return { feature: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new InvalidArgumentError('Write it as feature=value, such as country=AT.');
}
