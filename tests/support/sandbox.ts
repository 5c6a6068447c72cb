import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, type Command, CommandHost } from './command-host.ts';

/** VARVE_TEST_BIN names another one, such as that of an installed package. */
export const BINARY =
  process.env.VARVE_TEST_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'varve.js');

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The process that runs this file's commands; none where VARVE_TEST_PROCESSES asks for a process for each. */
let host: CommandHost | undefined;

function hostFor({ args, env }: Command): CommandHost | undefined {
  const needsProcess = args.includes('-') || Object.keys(env).some((name) => name.startsWith('NODE_'));
  const wantsProcess = process.env.VARVE_TEST_BIN ?? process.env.VARVE_TEST_PROCESSES;
  if (needsProcess || wantsProcess || process.platform === 'win32') return undefined;
  if (host?.isWorn) {
    host.close();
    host = undefined;
  }
  host ??= new CommandHost(BINARY);
  return host.isFree ? host : undefined;
}

function resultOf({ args }: Command, { code, out, err, leftAlive }: Answer): Result {
  if (leftAlive !== '') throw new Error(`varve ${args.join(' ')} did not end: ${leftAlive} was left`);
  return { code, out, err };
}

/** A folder of its own, with a home, an identity for Git, and the real command line. */
export class Sandbox {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'varve-cli-')));
  readonly env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: this.root,
    NO_COLOR: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ann',
    GIT_AUTHOR_EMAIL: 'ann@example.org',
    GIT_COMMITTER_NAME: 'Ann',
    GIT_COMMITTER_EMAIL: 'ann@example.org',
  };

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(path: string, content: string | Uint8Array): string {
    const file = this.path(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  run(command: string, args: readonly string[], folder = 'repo'): Result {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: this.path(folder),
      env: this.env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    return { code: status, out: stdout, err: stderr };
  }

  varve(args: readonly string[], folder = 'repo'): Result {
    const command = { args, cwd: this.path(folder), env: this.env };
    const warm = hostFor(command);
    if (warm !== undefined) return resultOf(command, warm.run(command));
    return this.run(process.execPath, [BINARY, ...args], folder);
  }

  /** As varve, for tests that answer it meanwhile. */
  async later(args: readonly string[], folder = 'repo'): Promise<Result> {
    const command = { args, cwd: this.path(folder), env: this.env };
    const warm = hostFor(command);
    if (warm !== undefined) return resultOf(command, await warm.runLater(command));
    const options = { cwd: this.path(folder), env: this.env, encoding: 'utf8', maxBuffer: 1 << 26 } as const;
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [BINARY, ...args], options, (_, out, err) =>
        resolve({ code: child.exitCode, out, err }),
      );
    });
  }

  /** Starts varve and kills it after so many milliseconds, if it is not done by then. */
  async killed(args: readonly string[], afterMs: number, folder = 'repo'): Promise<void> {
    const child = spawn(process.execPath, [BINARY, ...args], { cwd: this.path(folder), env: this.env });
    const ended = new Promise((resolve) => child.on('close', resolve));
    setTimeout(() => child.kill('SIGKILL'), afterMs);
    await ended;
  }

  /** The document that `--json` prints; throws where the exit code is another. */
  json<T = Record<string, unknown>>(args: readonly string[], folder = 'repo', code = 0): T {
    const result = this.varve([...args, '--json'], folder);
    if (result.code !== code) throw new Error(`exit ${result.code}: ${result.err}${result.out}`);
    return JSON.parse(result.out) as T;
  }

  /** Runs what has to work. */
  ok(args: readonly string[], folder = 'repo'): string {
    const result = this.varve(args, folder);
    if (result.code !== 0) throw new Error(`varve ${args.join(' ')}: exit ${result.code}: ${result.err}`);
    return result.out;
  }

  git(args: readonly string[], folder = 'repo'): string {
    const result = this.run('git', args, folder);
    if (result.code !== 0) throw new Error(`git ${args.join(' ')}: ${result.err}`);
    return result.out;
  }

  commit(message: string, folder = 'repo'): string {
    this.git(['add', '-A'], folder);
    this.git(['commit', '-qm', message], folder);
    return this.git(['rev-parse', 'HEAD'], folder).trim();
  }

  /** A Git repository in which varve was started. */
  repository(folder = 'repo'): this {
    mkdirSync(this.path(folder), { recursive: true });
    this.git(['init', '-q', '-b', 'main'], folder);
    this.ok(['init'], folder);
    return this;
  }

  /** A remote in a folder, named origin. */
  withRemote(folder = 'repo'): this {
    this.ok(['remote', 'add', 'origin', this.path('remote')], folder);
    return this;
  }

  /** As somebody clones who knows the remotes and agrees to them. */
  clone(from: string, to: string): void {
    this.git(['clone', '-q', this.path(from), this.path(to)], '.');
    if (existsSync(this.path(to, '.varve'))) this.ok(['trust'], to);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
