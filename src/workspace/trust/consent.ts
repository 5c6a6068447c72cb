/**
 * Trust: what this machine agreed to of what a repository's files ask. It may not take consent from anything that Git can write, and
 * runs nothing itself.
 */

import { mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { namesIn } from '../../base/files/folder-names.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { configFolder } from '../../base/files/user-folders.ts';
import { VarveError } from '../../errors.ts';
import { type Digest, hexDigestOf } from '../../store/format/digest.ts';
import { shellWord } from '../../wording/quote.ts';
import { commonFolder } from '../git/common-folder.ts';
import { findGitRoot } from '../repository.ts';
import { addressOfClone } from './clone-addresses.ts';
import { isInside } from './folders.ts';
import {
  type Agreed,
  agreedOf,
  factLines,
  fingerprint,
  fingerprintOf,
  subjectOf,
  type TrustRequest,
} from './request.ts';

/** A request that this machine agreed to for a repository. */
export interface Consent extends Agreed {
  readonly fingerprint: Digest;
}

/** Thrown before anything is asked, run or written; it carries what it takes to agree and try again. */
export class SettingsUntrusted extends VarveError {
  readonly root: string;
  readonly request: TrustRequest;

  constructor(root: string, request: TrustRequest) {
    const file = request.facts[0]!.file;
    const why = hasOtherCertificates(root, request)
      ? ': since it last agreed, the file of the authority that vouches for the server has changed'
      : '';
    super(
      'settings-untrusted',
      `What files of the repository say of ${subjectOf(request)} needs your consent on this machine${why}`,
      { path: file, details: factLines(request.facts), remedy: remedyOf(root, fingerprint(request)) },
    );
    this.root = root;
    this.request = request;
  }
}

/** What tells a repository from others: the folder that its worktrees share, or the address of a clone that is soon gone. */
function identityOf(root: string): string {
  return addressOfClone(root) ?? commonFolder(root);
}

/** The user alone may read and write consents. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const VERSION = 1;

/**
 * Pass if this machine agreed to the request, or if nothing asks for consent.
 * @param root a folder of the working tree
 * @throws VarveError `settings-untrusted`
 */
export function requireTrust(root: string, request: TrustRequest | undefined): void {
  if (request !== undefined && !isTrusted(root, request)) throw new SettingsUntrusted(root, request);
}

/** Whether this machine agreed, by the environment, as in CI, or before. */
export function isTrusted(root: string, request: TrustRequest): boolean {
  const wanted = fingerprint(request);
  if (fingerprintsInEnvironment().includes(wanted)) return true;
  if (!isOutOfReach(root)) return false;
  return readConsent(join(folderFor(root), fileName(wanted)), identityOf(root)) !== undefined;
}

/** Whether this machine agreed to all of a request but for what its certificates say. */
function hasOtherCertificates(root: string, request: TrustRequest): boolean {
  const wanted = agreedOf(request);
  const others = ({ facts }: Agreed): string => JSON.stringify(facts.filter(([key]) => key !== 'authority'));
  return (
    wanted.facts.some(([key]) => key === 'authority') &&
    consents(root).some((one) => one.about === wanted.about && others(one) === others(wanted))
  );
}

/**
 * Pass if what this machine agrees to can be kept: for whoever agrees by work that takes long, before it begins.
 * @throws VarveError `trust-unsafe` if Git could write the record
 */
export function requireSafeTrust(root: string): void {
  if (!isOutOfReach(root)) throw withinReach(root);
}

/** Record that this machine agrees. @throws VarveError `trust-unsafe` if Git could write the record */
export function giveConsent(root: string, request: TrustRequest): void {
  requireSafeTrust(root);
  const folder = folderFor(root);
  const agreed = agreedOf(request);
  const record = { version: VERSION, repository: identityOf(root), ...agreed };
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw systemError(error, 'write', folder);
  }
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  writeAtomically(join(folder, fileName(fingerprintOf(agreed))), [Buffer.from(text)], true, FILE_MODE);
}

/** All that this machine agreed to for the repository, whether it is still asked for or not. */
export function consents(root: string): Consent[] {
  if (!isOutOfReach(root)) return [];
  const folder = folderFor(root);
  const repository = identityOf(root);
  return namesIn(folder)
    .sort()
    .flatMap((name) => readConsent(join(folder, name), repository) ?? []);
}

/** Forget these consents, or all for the repository; returns those that there were. */
export function revokeConsents(root: string, fingerprints?: readonly string[]): Consent[] {
  const revoked = consents(root).filter((one) => fingerprints?.includes(one.fingerprint) ?? true);
  for (const one of revoked) {
    const file = join(folderFor(root), fileName(one.fingerprint));
    try {
      rmSync(file, { force: true });
    } catch (error) {
      throw systemError(error, 'remove', file);
    }
  }
  return revoked;
}

/** Whole fingerprints alone count, so that what CI agreed to never covers settings that somebody changed. */
function fingerprintsInEnvironment(): readonly string[] {
  return (process.env.VARVE_TRUST ?? '').split(/[\s,]+/);
}

/** One file a consent, named by its fingerprint: nothing is read, changed and written back, so that no two commands can lose one. */
function folderFor(root: string): string {
  return join(configFolder(), 'trust', hexDigestOf(Buffer.from(identityOf(root))).slice(0, 32));
}

function fileName(wanted: Digest): string {
  return `${wanted.slice('sha256:'.length)}.json`;
}

/** Read a consent; undefined if there is none, or if it says something else than its name: a damaged one agrees to nothing. */
function readConsent(file: string, repository: string): Consent | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as Agreed & { repository: unknown };
    const agreed: Agreed = {
      about: record.about,
      facts: record.facts.map(([key, value]) => [String(key), String(value)]),
    };
    const found = fingerprintOf(agreed);
    if (record.repository !== repository || fileName(found) !== basename(file)) return undefined;
    return { fingerprint: found, ...agreed };
  } catch {
    return undefined;
  }
}

/** Whether Git, and so whoever has a commit merged, cannot write where settings of this user are kept. */
export function isOutOfReach(root: string): boolean {
  // A clone of one command lies in a folder that is new, and may be gone by now.
  if (addressOfClone(root) !== undefined) return true;
  const place = nearestReal(configFolder());
  return !isInside(findGitRoot(root), place) && !isInside(commonFolder(root), place);
}

/** Resolve the symbolic links of a path, as far as it exists. */
function nearestReal(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isAbsent(error) || dirname(path) === path) return path;
    return join(nearestReal(dirname(path)), basename(path));
  }
}

function remedyOf(root: string, wanted: Digest): string {
  const elsewhere = isOutOfReach(root)
    ? ''
    : ' first set XDG_CONFIG_HOME to a folder outside of this repository, then';
  const clone = addressOfClone(root);
  const of = clone === undefined ? '' : ` --repository ${shellWord(clone)}`;
  return (
    `If you know this place and want to use it,${elsewhere} run \`varve trust${of} ${wanted}\`, then the same command again. ` +
    'A CI job agrees by this fingerprint in VARVE_TRUST.'
  );
}

function withinReach(root: string): VarveError {
  const folder = configFolder();
  return new VarveError(
    'trust-unsafe',
    `Consents would be kept in ${folder}, which lies in the repository ${root} and so can come through Git`,
    {
      path: folder,
      remedy:
        'Set XDG_CONFIG_HOME to a folder outside of this repository, or give fingerprints by VARVE_TRUST.',
    },
  );
}
