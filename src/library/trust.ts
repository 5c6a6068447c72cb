import { closing } from '../operations/context/closing.ts';
import type { Context } from '../operations/context/context.ts';
import { openRepositoryAt } from '../operations/context/open-other.ts';
import { askedSettings, revokeTrust, type TrustResult, trust, trusted } from '../operations/trust.ts';
import type { Consent } from '../workspace/trust/consent.ts';
import { checkArgument, TEXT, TEXT_OR_TEXTS, TEXTS } from './arguments.ts';
import type { TrustOptions, TrustRevokeOptions } from './options.ts';
import type { Session } from './session.ts';

/** What this machine agrees to of the settings that came with a repository, or with another that data is taken from: `repo.trust`. */
export class TrustMethods {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * All that the settings ask of this machine. Changes nothing, and contacts nobody.
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { settings } = await repo.trust.show();
   * for (const { fingerprint, trusted } of settings) console.log(fingerprint, trusted);
   * ```
   */
  async show(options: TrustOptions = {}): Promise<TrustResult> {
    return this.#in('trust.show', options, (context) => askedSettings(context));
  }

  /**
   * Agree, for this machine, to settings by their fingerprints. There is no way to agree to all unseen: `show` has the fingerprints.
   * @throws VarveError `setting-unknown`, `trust-unsafe`
   */
  async give(fingerprints: string | readonly string[], options: TrustOptions = {}): Promise<TrustResult> {
    checkArgument('trust.give', 'the fingerprints', fingerprints, TEXT_OR_TEXTS);
    return this.#in('trust.give', options, (context) => trust(context, [fingerprints].flat()));
  }

  /** What this machine agreed to for the repository. */
  async list(options: TrustOptions = {}): Promise<{ readonly consents: readonly Consent[] }> {
    return this.#in('trust.list', options, async (context) => trusted(context));
  }

  /** Take consents back. @throws VarveError `setting-unknown` */
  async revoke(options: TrustRevokeOptions = {}): Promise<{ readonly revoked: readonly Consent[] }> {
    const { fingerprints, ...where } = options;
    if (fingerprints !== undefined)
      checkArgument('trust.revoke', 'the option fingerprints', fingerprints, TEXTS);
    return this.#in('trust.revoke', where, async (context) => revokeTrust(context, fingerprints));
  }

  /** Run `work` on the repository of the object, or on another that the options name. */
  async #in<T>(where: string, options: TrustOptions, work: (context: Context) => Promise<T>): Promise<T> {
    const call = this.#session.begin(where, options, { repository: TEXT });
    const opened = await openRepositoryAt(this.#session.cwd, call.options.repository, call.watch);
    return closing(opened, ({ context }) => work(context));
  }
}
