import { VarveError } from '../errors.ts';
import type { Digest } from '../store/format/digest.ts';
import {
  type Consent,
  consents,
  giveConsent,
  isTrusted,
  revokeConsents,
} from '../workspace/trust/consent.ts';
import { fingerprint, type TrustRequest } from '../workspace/trust/request.ts';
import type { Context } from './context/context.ts';

/** A setting of the repository that asks something of this machine, and whether it agreed. */
export interface AskedSetting extends TrustRequest {
  readonly fingerprint: Digest;
  readonly trusted: boolean;
}

export interface TrustResult {
  readonly settings: readonly AskedSetting[];
}

/** All that the settings of the working tree ask of this machine. Changes nothing, and contacts nobody. */
export async function askedSettings({ backend }: Context): Promise<TrustResult> {
  const { root } = backend.repository;
  const all = await backend.settingRequests();
  const requests = new Map(all.map((request) => [fingerprint(request), request]));
  return {
    settings: [...requests].map(([print, request]) => ({
      ...request,
      fingerprint: print,
      trusted: isTrusted(root, request),
    })),
  };
}

/**
 * Agree, for this machine, to what the settings ask: to all of it, or to what has one of the fingerprints. A change of what was agreed to
 * asks again.
 * @throws VarveError `setting-unknown` if nothing asked has such a fingerprint, `trust-unsafe`
 */
export async function trust(context: Context, fingerprints: readonly string[] = []): Promise<TrustResult> {
  const { settings } = await askedSettings(context);
  const unknown = fingerprints.find((one) => settings.every((setting) => setting.fingerprint !== one));
  if (unknown !== undefined) throw notAsked(unknown);
  const chosen = settings.filter(
    (one) => fingerprints.length === 0 || fingerprints.includes(one.fingerprint),
  );
  for (const setting of chosen) giveConsent(context.repository.root, setting);
  return { settings: chosen.map((setting) => ({ ...setting, trusted: true })) };
}

/**
 * List what this machine agreed to for the repository, by any of its worktrees, even if nothing asks for it any more.
 */
export function trusted({ repository }: Context): { readonly consents: readonly Consent[] } {
  return { consents: consents(repository.root) };
}

/**
 * Take consents back, or all of them if no fingerprint is given.
 * @throws VarveError `setting-unknown` if this machine did not agree to such a fingerprint
 */
export function revokeTrust(
  { repository }: Context,
  fingerprints: readonly string[] = [],
): { readonly revoked: readonly Consent[] } {
  const known = consents(repository.root).map((one): string => one.fingerprint);
  const unknown = fingerprints.find((one) => !known.includes(one));
  if (unknown !== undefined) throw notAgreed(unknown);
  return { revoked: revokeConsents(repository.root, fingerprints.length === 0 ? known : fingerprints) };
}

function notAsked(wanted: string): VarveError {
  return new VarveError('setting-unknown', `No setting of this repository has the fingerprint ${wanted}`, {
    path: wanted,
    remedy: 'It may have changed: `varve trust --show` shows what is asked now, with its fingerprints.',
  });
}

function notAgreed(wanted: string): VarveError {
  return new VarveError('setting-unknown', `This machine did not agree to ${wanted} for this repository`, {
    path: wanted,
    remedy: '`varve trust --list` shows what it agreed to.',
  });
}
