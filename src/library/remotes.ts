import type {
  ClonesResult,
  ForgottenClones,
  ListedRemote,
  RemoteAddOptions,
} from '../operations/backend/results.ts';
import type { Watch } from '../operations/context/context.ts';
import { openContext } from '../operations/context/open.ts';
import {
  addRemote,
  chooseRemote,
  clonesOf,
  forgetClones,
  forgetRemote,
  listRemotes,
  reachSource,
} from '../operations/remote.ts';
import type { Access } from '../workspace/config.ts';
import { checkArgument, FLAG, type Kinds, TEXT, TEXT_OR_TEXTS } from './arguments.ts';
import type { OfRemoteOptions, RemoteDefaultOptions } from './options.ts';
import { NO_OPTIONS, type Session } from './session.ts';

const ACCESS: Kinds<Access> = {
  endpoint: TEXT,
  region: TEXT,
  profile: TEXT,
  anonymous: FLAG,
  addressing: TEXT,
  requesterPays: FLAG,
};

/** Where snapshots are pushed to and fetched from: `repo.remotes`. Only `clones` and `forgetClones` contact a server. */
export class RemoteMethods {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Name a place for snapshots. The first remote becomes the default.
   * @param url a folder, `file://…`, `s3://bucket/prefix`, `minio://…`, `gs://bucket/prefix`, `azure://container/prefix`, or `ssh://user@host/folder`
   * @throws VarveError `remote-exists`, `remote-name-invalid`, `remote-url-invalid`, `endpoint-invalid`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * await repo.remotes.add('lab', 's3://datasets/team', { endpoint: 'http://localhost:9000', local: true });
   * const { remotes } = await repo.remotes.list();
   * console.log(remotes.map(({ name, url }) => `${name} ${url}`));
   * await repo.remotes.remove('lab');
   * ```
   */
  async add(name: string, url: string, options: RemoteAddOptions & Watch = {}): Promise<ListedRemote> {
    checkArgument('remotes.add', 'the name', name, TEXT);
    checkArgument('remotes.add', 'the URL', url, TEXT);
    const call = this.#session.begin('remotes.add', options, {
      ...ACCESS,
      acl: TEXT,
      sse: TEXT,
      kmsKey: TEXT,
      local: FLAG,
    });
    return addRemote(await openContext(this.#session.cwd, call.watch), name, url, call.options);
  }

  /** Those that there are. */
  async list(options: Watch = {}): Promise<{ readonly remotes: readonly ListedRemote[] }> {
    const { watch } = this.#session.begin('remotes.list', options, NO_OPTIONS);
    return listRemotes(await openContext(this.#session.cwd, watch));
  }

  /** Forget a remote. Nothing is deleted there. @throws VarveError `remote-unknown` */
  async remove(name: string, options: Watch = {}): Promise<{ readonly name: string }> {
    checkArgument('remotes.remove', 'the name', name, TEXT);
    const { watch } = this.#session.begin('remotes.remove', options, NO_OPTIONS);
    return forgetRemote(await openContext(this.#session.cwd, watch), name);
  }

  /** Choose the remote that is meant where none is named. @throws VarveError `remote-unknown` */
  async default(name: string, options: RemoteDefaultOptions = {}): Promise<{ readonly name: string }> {
    checkArgument('remotes.default', 'the name', name, TEXT);
    const call = this.#session.begin('remotes.default', options, { local: FLAG });
    return chooseRemote(await openContext(this.#session.cwd, call.watch), name, call.options);
  }

  /**
   * List the clones that a remote knows: who they are, and when they were last seen.
   * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`, `dvc-unsupported`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { clones } = await repo.remotes.clones({ remote: 'origin' });
   * console.log(clones.map(({ clone, name, lastSeen }) => `${name ?? clone} ${lastSeen}`));
   * ```
   */
  async clones(options: OfRemoteOptions = {}): Promise<ClonesResult> {
    const call = this.#session.begin('remotes.clones', options, { remote: TEXT });
    return clonesOf(await openContext(this.#session.cwd, call.watch), call.options.remote);
  }

  /**
   * Remove what clones recorded on a remote that they need there. Later gcs free what nothing else needs; a clone that pushes again records
   * anew what its commits need.
   * @param clones ids, beginnings of them, or what people know them by: `user@host:folder`
   * @throws VarveError `clone-unknown`, `clone-ambiguous`, `remote-unset`, `remote-unknown`, `settings-untrusted`, `dvc-unsupported`
   */
  async forgetClones(
    clones: string | readonly string[],
    options: OfRemoteOptions = {},
  ): Promise<ForgottenClones> {
    checkArgument('remotes.forgetClones', 'the clones', clones, TEXT_OR_TEXTS);
    const call = this.#session.begin('remotes.forgetClones', options, { remote: TEXT });
    return forgetClones(
      await openContext(this.#session.cwd, call.watch),
      [clones].flat(),
      call.options.remote,
    );
  }

  /**
   * Say how this clone reaches a bucket whose data is used in place, and return all that is now said of it.
   * @throws VarveError `remote-url-invalid`, `endpoint-invalid`
   */
  async source(url: string, options: Access & Watch = {}): Promise<Access & { readonly url: string }> {
    checkArgument('remotes.source', 'the URL', url, TEXT);
    const call = this.#session.begin('remotes.source', options, ACCESS);
    return reachSource(await openContext(this.#session.cwd, call.watch), url, call.options);
  }
}
