/**
 * Runs one command line: finds its command, gives it the terminal, and prints its outcome or its error. It knows no
 * dataset; commands know no terminal but what `Io` gives them.
 */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { VarveError } from '../errors.ts';
import { inert, inertJson, neutral } from '../wording/neutral.ts';
import { withoutSecrets } from '../wording/urls.ts';
import type { CommandEntry, CommonOptions, Io, Outcome, RunCommand } from './command.ts';
import { printFailure } from './terminal/failure.ts';
import { watchInterrupts } from './terminal/interrupts.ts';
import { ProgressBar } from './terminal/progress-bar.ts';
import { hasColours, print, printError, terminalWidth } from './terminal/standard-streams.ts';
import { versionOfVarve } from './version.ts';

const TROUBLE = 2;

/** Run one command line and return the exit code of the process: 0 fine, 1 a check found something, 2 trouble. */
export async function run(words: readonly string[], commands: readonly CommandEntry[]): Promise<number> {
  let exitCode = 0;
  try {
    const program = await buildProgram(words, commands, async (options, work) => {
      exitCode = await execute(program.opts<GlobalOptions>(), options, work);
    });
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) printFailure(error, words.includes('--json'));
    else if (error.exitCode === 0) return 0;
    else if (words.includes('--json')) printFailure(usageError(error), true);
    return TROUBLE;
  }
}

interface GlobalOptions {
  readonly C?: string;
}

/** The command that is meant; if none is, the names of all. */
async function buildProgram(
  words: readonly string[],
  commands: readonly CommandEntry[],
  runCommand: RunCommand,
): Promise<Command> {
  const program = new Command('varve')
    .description('Version datasets beside Git, and know what is in them.')
    .addOption(new Option('-C <folder>', 'run as if started in this folder'))
    .option('--version', 'print the version')
    .on('option:version', printVersion)
    .hook('preAction', (_, action) => {
      // Before the name of a nested command it means the same as behind it.
      if (action.parent?.opts<CommonOptions>().json) action.setOptionValue('json', true);
    })
    .enablePositionalOptions()
    .showHelpAfterError('Run the command with --help for its usage.')
    .addHelpText('after', '\nExit codes: 0 fine, 1 a check found something, 2 trouble.');
  const { name: meant, isHelp } = namedCommand(words);
  const entry = commands.find(({ name }) => name === meant);
  if (entry !== undefined)
    program.addCommand((await entry.load()).command(runCommand, commands).summary(entry.summary));
  else {
    if (meant !== undefined) await explainOtherWord(meant, isHelp);
    for (const other of commands) program.addCommand(stub(other));
  }
  exitByThrowing(program);
  return program;
}

type Work = (io: Io) => Promise<Outcome>;

function stub({ name, summary }: CommandEntry): Command {
  return new Command(name).summary(summary);
}

function exitByThrowing(command: Command): void {
  command.exitOverride().configureOutput({
    writeOut: print,
    writeErr: printError,
    outputError: (message, write) => write(`${usageLines(message).join('\n')}\n`),
    getOutHelpWidth: () => terminalWidth() ?? 80,
    getErrHelpWidth: () => terminalWidth() ?? 80,
    getOutHasColors: hasColours,
    getErrHasColors: hasColours,
  });
  for (const below of command.commands) exitByThrowing(below);
}

/** The first word that is no option, or the second behind `help`. */
function namedCommand(words: readonly string[]): { name: string | undefined; isHelp: boolean } {
  const names: string[] = [];
  for (let at = 0; at < words.length && names.length < 2; at++) {
    if (words[at] === '-C') at++;
    else if (!words[at]!.startsWith('-')) names.push(words[at]!);
  }
  const isHelp = names[0] === 'help' || words.includes('--help') || words.includes('-h');
  return { name: names[0] === 'help' ? names[1] : names[0], isHelp };
}

async function execute(global: GlobalOptions, options: CommonOptions, work: Work): Promise<number> {
  const interrupts = watchInterrupts();
  let bar: ProgressBar | undefined;
  const json = options.json === true;
  const warnings = new Set<string>();
  try {
    const io: Io = {
      cwd: folderOf(global),
      signal: interrupts.signal,
      onProgress: (event) => {
        bar ??= new ProgressBar(process.stderr);
        bar.show(event);
      },
      offline: options.offline === true,
      openlineage: options.openlineage,
      get colours() {
        return hasColours();
      },
      get width() {
        return terminalWidth();
      },
      endBySignal: interrupts.endWork,
      emit: (document, text) => {
        bar?.clear();
        print(json ? `${inertJson(JSON.stringify(document))}\n` : forPeople(text));
      },
      note: (...lines) => {
        bar?.clear();
        printError(`${forPeople(lines.map(neutral).join('\n'))}\n`);
      },
      onWarning: (text) => {
        if (!warnings.has(text)) io.note(`varve: ${text}`);
        warnings.add(text);
      },
    };
    const outcome = await withConsent(work, io, json);
    bar?.clear();
    if (json && outcome.json !== undefined)
      print(`${inertJson(JSON.stringify(outcome.json, undefined, 2))}\n`);
    else if (outcome.text !== '') {
      const { text, isVerbatim } = outcome;
      print(`${(isVerbatim ? text : forPeople(text)).replace(/\n$/, '')}\n`);
    }
    return interrupts.exitCode ?? outcome.exitCode ?? 0;
  } catch (error) {
    bar?.clear();
    if (interrupts.exitCode !== undefined) return interrupts.exitCode;
    printFailure(error, json);
    return TROUBLE;
  } finally {
    interrupts.stop();
  }
}

function forPeople(text: string): string {
  return inert(withoutSecrets(text));
}

/** Run `work`, again and again while it stops at settings to which somebody at the terminal then agrees. */
async function withConsent(work: Work, io: Io, json: boolean): Promise<Outcome> {
  try {
    return await work(io);
  } catch (error) {
    if (!(error instanceof VarveError) || error.code !== 'settings-untrusted') throw error;
    const { askForConsent, isAnybodyThere, isUntrusted } = await import('./terminal/consent.ts');
    const isAgreed = isUntrusted(error) && isAnybodyThere(json) && (await askForConsent(error, io));
    if (!isAgreed) throw error;
    return withConsent(work, io, json);
  }
}

function folderOf({ C }: GlobalOptions): string {
  const folder = resolve(C ?? '.');
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new VarveError('path-missing', `${C} is not a folder`, {
    path: C ?? folder,
    remedy: 'Check the path behind -C.',
  });
}

function printVersion(): never {
  const version = versionOfVarve();
  print(`${version}\n`);
  throw new CommanderError(0, 'varve.version', version);
}

/**
 * Answer a word of another tool by how varve does it: as help if that was asked for, else as an error of usage.
 * @throws VarveError `usage`, CommanderError of exit code 0
 */
async function explainOtherWord(word: string, isHelp: boolean): Promise<void> {
  const { OTHER_WORDS } = await import('./other-words.ts');
  if (!Object.hasOwn(OTHER_WORDS, word)) return;
  const way = `In varve: ${OTHER_WORDS[word]!}`;
  if (!isHelp) throw new VarveError('usage', `varve has no command ${word}`, { remedy: way });
  print(`${way}\n`);
  throw new CommanderError(0, 'varve.other-word', word);
}

/**
 * Make lines of commander's message, which quotes words of the command line that may be anything; a suggestion comes on
 * a line of its own.
 */
function usageLines(message: string): string[] {
  const [said, suggestion] = message.trimEnd().split(/\n(?=\(Did you mean [^\n]*\)$)/);
  return [said!, ...(suggestion === undefined ? [] : [suggestion])].map((line) => forPeople(neutral(line)));
}

function usageError(error: CommanderError): VarveError {
  return new VarveError('usage', error.message.replace(/^error: /, ''), {
    remedy: 'Run the command with --help for its usage.',
  });
}
