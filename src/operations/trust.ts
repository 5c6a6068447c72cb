import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../dvc/format/config.ts';
import { cacheRequest as dvcCacheRequest, dvcRequests } from '../dvc/trust/requests.ts';
import { VarveError } from '../errors.ts';
import type { Digest } from '../store/format/digest.ts';
import { readConfig } from '../workspace/config.ts';
import { pointerPath } from '../workspace/pointer.ts';
import {
  type Consent,
  consents,
  giveConsent,
  isTrusted,
  revokeConsents,
} from '../workspace/trust/consent.ts';
import { fingerprint, type TrustRequest, usable } from '../workspace/trust/request.ts';
import type { Context } from './context/context.ts';
import { cacheRequest, importedCacheRequest, remoteRequest, sourceRequest } from './context/trust.ts';
import { selectDatasets } from './datasets/select.ts';
import { isInPlace } from './in-place/snapshot.ts';

/** What settings of the repository ask of this machine, and whether it agreed. */
export interface AskedSetting extends TrustRequest {
  readonly fingerprint: Digest;
  readonly trusted: boolean;
}

export interface TrustResult {
  readonly settings: readonly AskedSetting[];
}

/** All that the settings of the working tree ask of this machine. Changes nothing, and contacts nobody. */
export function askedSettings(context: Context): TrustResult {
  const { root } = context.repository;
  const requests = new Map(requestsOf(context).map((request) => [fingerprint(request), request]));
  return {
    settings: [...requests].map(([print, request]) => ({
      ...request,
      fingerprint: print,
      trusted: isTrusted(root, request),
    })),
  };
}

/**
 * Agrees, for this machine, to what the settings ask: to all of it, or to what has one of the fingerprints. A change of what was agreed to
 * asks again.
 * @throws VarveError `setting-unknown` where nothing asked has such a fingerprint, `trust-unsafe`
 */
export function trust(context: Context, fingerprints: readonly string[] = []): TrustResult {
  const { settings } = askedSettings(context);
  const unknown = fingerprints.find((one) => settings.every((setting) => setting.fingerprint !== one));
  if (unknown !== undefined) throw notAsked(unknown);
  const chosen = settings.filter(
    (one) => fingerprints.length === 0 || fingerprints.includes(one.fingerprint),
  );
  for (const setting of chosen) giveConsent(context.repository.root, setting);
  return { settings: chosen.map((setting) => ({ ...setting, trusted: true })) };
}

/** What this machine agreed to for the repository, by any of its worktrees, also where nothing asks for it any more. */
export function trusted({ repository }: Context): { readonly consents: readonly Consent[] } {
  return { consents: consents(repository.root) };
}

/**
 * Takes consents back, or all of them where no fingerprint is given.
 * @throws VarveError `setting-unknown` where this machine did not agree to such a fingerprint
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

function requestsOf(context: Context): TrustRequest[] {
  const { repository, dvc } = context;
  // Each of the two formats can be turned into the other, in the other's cache.
  if (dvc !== undefined) return [...dvcRequests(dvc.root), ...present(importedCacheRequest(dvc.root))];
  const config = readConfig(repository);
  const named = [...config.sources.keys()].map((url) => [url, '.varve/config.local.yaml'] as const);
  const pointed = selectDatasets(context, []).flatMap(({ path, pointer }) =>
    isInPlace(pointer) ? [[pointer.source, pointerPath(path)] as const] : [],
  );
  return present(
    cacheRequest(repository, config),
    exportedCacheRequest(repository.root),
    ...[...config.remotes.keys()].map((name) => usable(() => remoteRequest(repository, config, name))),
    ...[...named, ...pointed].map(([url, file]) => usable(() => sourceRequest(config, url, file))),
  );
}

function exportedCacheRequest(root: string): TrustRequest | undefined {
  return existsSync(join(root, '.dvc')) ? dvcCacheRequest(root, loadConfig(root)) : undefined;
}

function present(...requests: readonly (TrustRequest | undefined)[]): TrustRequest[] {
  return requests.filter((request) => request !== undefined);
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
