import type { Watch } from '../operations/context/context.ts';
import { openContext } from '../operations/context/open.ts';
import { askedSettings, revokeTrust, type TrustResult, trust, trusted } from '../operations/trust.ts';
import type { Consent } from '../workspace/trust/consent.ts';
import { checkArgument, TEXT_OR_TEXTS, TEXTS } from './arguments.ts';
import type { TrustRevokeOptions } from './options.ts';
import { NO_OPTIONS, type Session } from './session.ts';

/** What this machine agrees to of the settings that came with a repository: `repo.trust`. */
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
  async show(options: Watch = {}): Promise<TrustResult> {
    const { watch } = this.#session.begin('trust.show', options, NO_OPTIONS);
    return askedSettings(await openContext(this.#session.cwd, watch));
  }

  /**
   * Agrees, for this machine, to settings by their fingerprints. There is no way to agree to all unseen: `show` has the fingerprints.
   * @throws VarveError `setting-unknown`, `trust-unsafe`
   */
  async give(fingerprints: string | readonly string[], options: Watch = {}): Promise<TrustResult> {
    checkArgument('trust.give', 'the fingerprints', fingerprints, TEXT_OR_TEXTS);
    const { watch } = this.#session.begin('trust.give', options, NO_OPTIONS);
    return trust(await openContext(this.#session.cwd, watch), [fingerprints].flat());
  }

  /** What this machine agreed to for the repository. */
  async list(options: Watch = {}): Promise<{ readonly consents: readonly Consent[] }> {
    const { watch } = this.#session.begin('trust.list', options, NO_OPTIONS);
    return trusted(await openContext(this.#session.cwd, watch));
  }

  /** Takes consents back. @throws VarveError `setting-unknown` */
  async revoke(options: TrustRevokeOptions = {}): Promise<{ readonly revoked: readonly Consent[] }> {
    const call = this.#session.begin('trust.revoke', options, { fingerprints: TEXTS });
    return revokeTrust(await openContext(this.#session.cwd, call.watch), call.options.fingerprints);
  }
}
