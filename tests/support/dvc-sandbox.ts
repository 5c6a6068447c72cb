import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { type DvcContext, withWorkers } from '../../src/dvc/tree/context.ts';
import { openDvcRepository } from '../../src/dvc/tree/repository.ts';
import { openTrusted } from './trust.ts';

/** The real DVC: named by VARVE_DVC, else on PATH; undefined where there is none. */
const command = process.env.VARVE_DVC ?? (spawnSync('dvc', ['--version']).status === 0 ? 'dvc' : undefined);

export function describeWithDvc(name: string, tests: () => void): void {
  if (command === undefined) {
    describe.skip(`${name} (skipped: no DVC; put \`dvc\` on PATH, or name it in VARVE_DVC)`, tests);
  } else describe(name, tests);
}

/** A folder of its own in which Git and DVC run without any settings of the user. */
export class Sandbox {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'varve-dvc-')));
  readonly env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    this.env = {
      DVC_SITE_CACHE_DIR: join(this.folder, 'site'),
      DVC_GLOBAL_CONFIG_DIR: join(this.folder, 'global'),
      DVC_SYSTEM_CONFIG_DIR: join(this.folder, 'system'),
      DVC_NO_ANALYTICS: '1',
      GIT_CONFIG_GLOBAL: join(this.folder, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      ...env,
    };
    writeFileSync(
      join(this.folder, 'gitconfig'),
      '[user]\n name = test\n email = test@example.org\n[init]\n defaultBranch = main\n',
    );
  }

  path(...steps: string[]): string {
    return join(this.folder, ...steps);
  }

  run(cwd: string, program: string, ...args: string[]): string {
    const result = spawnSync(program, args, {
      cwd: this.path(cwd),
      env: { ...process.env, ...this.env },
      encoding: 'utf8',
    });
    if (result.status === 0) return result.stdout;
    throw new Error(`${program} ${args.join(' ')}: ${result.error ?? ''}${result.stdout}${result.stderr}`);
  }

  git(cwd: string, ...args: string[]): string {
    return this.run(cwd, 'git', ...args);
  }

  dvc(cwd: string, ...args: string[]): string {
    return this.run(cwd, command!, ...args);
  }

  /** What `dvc status` finds changed: nothing in a clean repository. */
  dvcStatus(cwd: string, ...args: string[]): unknown {
    return JSON.parse(this.dvc(cwd, 'status', '--json', ...args));
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** A Git repository with DVC in it and a default remote in the folder `remote`. */
  repository(name = 'repo', url = '../remote'): void {
    mkdirSync(this.path(name), { recursive: true });
    this.git(name, 'init', '-q');
    this.dvc(name, 'init', '-q');
    this.dvc(name, 'remote', 'add', '-q', '-d', 'origin', url);
  }

  commit(cwd: string, message: string): void {
    this.git(cwd, 'add', '-A');
    this.git(cwd, 'commit', '-qm', message);
  }

  /** As somebody works who knows the settings of the repository, and agrees to them. */
  async inside<T>(cwd: string, work: (context: DvcContext) => Promise<T>): Promise<T> {
    const root = this.path(cwd);
    await openTrusted(root);
    return withWorkers({ repository: openDvcRepository(root), cwd: root }, work);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** SHA-256 by path of every file below a folder, without pointers and .gitignore files. */
export function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || /\.(dvc|varve)$/.test(entry.name) || entry.name === '.gitignore') continue;
    found[path.slice(folder.length + 1)] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return found;
}
