import { Command, InvalidArgumentError, Option } from 'commander';
import type { OnProgress } from '../progress.ts';

/** The surroundings that a command may use. */
export interface Io {
  /** Where the user stands, or what `-C` names. Absolute. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Whether `--offline` was given. */
  readonly offline: boolean;
  /** What `--openlineage` names; undefined if it was not given. */
  readonly openlineage: string | undefined;
  /** Whether standard output takes colours. */
  readonly colours: boolean;
  /** Columns of the terminal; undefined if standard output is none. */
  readonly width: number | undefined;
  /** Say that a signal is how this work ends, as for a server: the exit code is then that of the outcome, and its end may take so many ms. */
  endBySignal(maxStoppingMs: number): void;
  /** Print a result that is ready while others are still to come: the text, or with `--json` one line of JSON. */
  emit(json: unknown, text: string): void;
  /** Say something beside the result, on standard error, line by line. */
  note(...lines: string[]): void;
  /** As note, once for each text: what operations have to say may come from each thing that they touch. */
  readonly onWarning: (text: string) => void;
}

export interface Outcome {
  /** The document of `--json`; undefined if all was emitted before. */
  readonly json: unknown;
  /** What people read; '' says nothing. Data in it must be neutral (see ../wording/neutral.ts): it may not start a line of its own. */
  readonly text: string;
  /** The text is for programs, in a format of its own, and printed as it is: it has made its data harmless itself. */
  readonly isVerbatim?: boolean;
  /** 1 if a check found something, 2 if a part of the work could not be done; 0 unless given. */
  readonly exitCode?: 0 | 1 | 2;
}

export interface CommonOptions {
  readonly json?: true;
  /** See offlineOption. */
  readonly offline?: true;
  /** See openlineageOption. */
  readonly openlineage?: string;
}

/** Does the work of a command and prints its outcome, its progress and its errors, as people or scripts want them. */
export type RunCommand = (options: CommonOptions, work: (io: Io) => Promise<Outcome>) => Promise<void>;

/** One command of the line. Its module is loaded only if the command is meant. */
export interface CommandEntry {
  readonly name: string;
  /** One line, for `varve --help`. */
  readonly summary: string;
  readonly load: () => Promise<{
    readonly command: (run: RunCommand, all: readonly CommandEntry[]) => Command;
  }>;
}

/** A command as every one is: with `--json`, and with examples under its help. */
export function defineCommand(
  name: string,
  description: string,
  examples: readonly (readonly [line: string, meaning: string])[],
): Command {
  return new Command(name)
    .description(description)
    .enablePositionalOptions()
    .showHelpAfterError('Run the command with --help for its usage.')
    .option('--json', 'print one JSON document on standard output')
    .addHelpText('after', `\nExamples:\n${examples.map(exampleLine).join('')}`);
}

function exampleLine([line, meaning]: readonly [string, string]): string {
  return `  $ ${line}\n      ${meaning}\n`;
}

/** The option of commands that read statistics, by which they leave remotes alone. */
export function offlineOption(): Option {
  return new Option('--offline', 'fetch no statistics that this clone lacks');
}

/** The option of commands that read and make versions, by which they tell others of it. */
export function openlineageOption(): Option {
  return new Option('--openlineage <place>', 'tell of this run by events of OpenLineage: a file or a URL');
}

/** Parse the value of an option that counts something. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
