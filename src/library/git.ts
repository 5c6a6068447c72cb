import { fileURLToPath } from 'node:url';
import type { GitInstallResult, GitParts } from '../operations/backend/results.ts';
import type { Watch } from '../operations/context/context.ts';
import { openContext } from '../operations/context/open.ts';
import { FLAG } from './arguments.ts';
import { NO_OPTIONS, type Session } from './session.ts';

/** What Git does with the help of varve in this clone: `repo.git`. */
export class GitMethods {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Register varve with Git; all parts unless some are chosen. @throws VarveError `hook-exists`, `dvc-unsupported` */
  async install(options: GitParts & Watch = {}): Promise<GitInstallResult> {
    const kinds = { diff: FLAG, merge: FLAG, prePush: FLAG, checkout: FLAG };
    const call = this.#session.begin('git.install', options, kinds);
    const parts = Object.values(call.options).includes(true)
      ? call.options
      : { diff: true, merge: true, prePush: true, checkout: true };
    const { gitInstall } = await import('../operations/git/install.ts');
    const context = await openContext(this.#session.cwd, call.watch);
    return gitInstall(context, parts, [process.execPath, commandLine()]);
  }

  /** Take back what install did in this clone. */
  async uninstall(options: Watch = {}): Promise<GitInstallResult> {
    const { watch } = this.#session.begin('git.uninstall', options, NO_OPTIONS);
    const { gitUninstall } = await import('../operations/git/install.ts');
    return gitUninstall(await openContext(this.#session.cwd, watch));
  }
}

/** The program of this package, from dist/ or from its sources. */
function commandLine(): string {
  const root = import.meta.url.endsWith('.ts') ? '../..' : '..';
  return fileURLToPath(new URL(`${root}/bin/varve.js`, import.meta.url));
}
