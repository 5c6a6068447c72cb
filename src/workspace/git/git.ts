/**
 * Git: its commands, history, ignore files and index, and the pointers in them. It may not know stores; what a pointer names is a digest
 * here and no more.
 */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { debug, IS_DEBUGGING } from '../../base/debug.ts';
import { VarveError } from '../../errors.ts';
import { shortened } from '../../wording/abridged.ts';

/** Enough for the names of a few million files; more is a defect, not a repository. */
const MAX_ANSWER_BYTES = 1 << 30;
/** Of what Git says of a failure, characters that a message shows: a server may have said it. */
const MAX_SAID = 500;

/** Git as varve asks it: same words in every locale, no prompts, no pager, no locks, no hooks, no user-set formats. */
const OPTIONS = [
  '--no-pager',
  '--no-optional-locks',
  '--no-replace-objects',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.quotePath=false',
  // A folder of the working tree may look like a bare repository, whose settings Git would follow.
  '-c',
  'safe.bareRepository=explicit',
  '-c',
  'log.showSignature=false',
];

/** Set by Git around hooks and drivers; varve always asks about the working tree that it is in. */
const SCRUBBED = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_LITERAL_PATHSPECS'];

/**
 * Run Git in `root`, without a shell, and return what it wrote.
 * @param options.accept exit codes beside 0 that are answers, not failures
 * @throws VarveError `git-missing`, `git-failed`; `repository-missing` if there is no folder `root`
 */
export function git(
  root: string,
  args: readonly string[],
  options: { readonly input?: string; readonly accept?: readonly number[] } = {},
): { readonly code: number; readonly output: Buffer } {
  const start = performance.now();
  const result = spawnSync('git', [...OPTIONS, ...args], {
    cwd: root,
    env: environment(),
    input: options.input ?? '',
    maxBuffer: MAX_ANSWER_BYTES,
    windowsHide: true,
  });
  if (result.error) throw cannotRun(result.error, root);
  const code = result.status ?? 128;
  tell(args, code, start);
  if (code !== 0 && !(options.accept ?? []).includes(code))
    throw failed(args, root, result.stderr.toString());
  return { code, output: result.stdout };
}

/** Run Git as {@link git} does, and split its answer at NUL. */
export function gitList(root: string, args: readonly string[], input?: string): string[] {
  const { output } = git(root, args, input === undefined ? {} : { input });
  const text = output.toString('utf8');
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/** Run Git as {@link git} does, and let others have their turn until it answers. */
export async function askGit(
  root: string,
  args: readonly string[],
  options: { readonly input?: string; readonly accept?: readonly number[] } = {},
): Promise<{ readonly code: number; readonly output: Buffer }> {
  const { child, end } = startGit(root, args, options.input);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) throw cannotRun(new Error('it answers without an end'), root);
    pieces.push(piece);
  }
  return { code: await end(options.accept), output: Buffer.concat(pieces) };
}

/** Run Git as {@link gitList} does, one record at a time, for answers as long as history. */
export async function* gitStream(root: string, args: readonly string[]): AsyncIterable<string> {
  const { child, end } = startGit(root, args);
  let rest = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    const records = (rest + text).split('\0');
    rest = records.pop() ?? '';
    yield* records;
  }
  if (rest !== '') yield rest;
  await end();
}

/** A process of Git. `end` waits for its exit code, once its answer is read. */
function startGit(
  root: string,
  args: readonly string[],
  input = '',
): {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: (accept?: readonly number[]) => Promise<number>;
} {
  const start = performance.now();
  const child = spawn('git', [...OPTIONS, ...args], { cwd: root, env: environment(), windowsHide: true });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(error, root)));
    child.on('close', (code) => resolve(code ?? 128));
  });
  ended.catch(() => undefined);
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (problem.length < 4096) problem += text;
  });
  // Git may end before it has read all; its exit code says why.
  child.stdin.on('error', () => undefined).end(input);
  const end = async (accept: readonly number[] = []): Promise<number> => {
    const code = await ended;
    tell(args, code, start);
    if (code !== 0 && !accept.includes(code)) throw failed(args, root, problem);
    return code;
  };
  return { child, end };
}

function tell(args: readonly string[], code: number, start: number): void {
  if (IS_DEBUGGING) debug('git', `${args.join(' ')} → ${code}, ${Math.round(performance.now() - start)} ms`);
}

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  for (const name of SCRUBBED) delete env[name];
  return env;
}

function cannotRun(error: Error, root: string): VarveError {
  // The system says the same of a program and of a folder that is not there.
  if (!existsSync(root))
    return new VarveError('repository-missing', `${root} is there no more`, {
      path: root,
      remedy: 'Check whether the folder was moved or removed.',
      cause: error,
    });
  return new VarveError('git-missing', `Git cannot be run in ${root}: ${error.message}`, {
    path: root,
    remedy: 'Install Git, and see that `git --version` works here.',
    cause: error,
  });
}

/** The command among Git's arguments, which settings of `-c` may stand before. */
function commandIn(args: readonly string[]): string | undefined {
  return args[0] === '-c' ? commandIn(args.slice(2)) : args[0];
}

function failed(args: readonly string[], root: string, stderr: string): VarveError {
  const said = shortened(stderr.trim().split('\n')[0]!, MAX_SAID);
  return new VarveError('git-failed', `git ${commandIn(args)} failed in ${root}: ${said}`, {
    path: root,
    remedy: 'Run the Git command by hand there, and mend what it names.',
  });
}
