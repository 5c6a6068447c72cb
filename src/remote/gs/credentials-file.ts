import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../../base/files/system-errors.ts';
import { isRecord } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';

const VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';

/** What a file of each type must have. Others, such as those of workload identity, are left to the library. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  service_account: ['client_email', 'private_key'],
  authorized_user: ['client_id', 'client_secret', 'refresh_token'],
};
const OTHER_TYPES =
  /^(external_account|external_account_authorized_user|impersonated_service_account|gdch_service_account)$/;

/** A file of credentials, and what makes it be read. */
interface CredentialsFile {
  readonly path: string;
  /** The variable or the setting; undefined of the one that `gcloud` writes. */
  readonly namedBy: string | undefined;
}

/**
 * Look at the file of credentials that Google's library is about to read, whose own words name neither it nor what named it.
 * @param named by the settings of the remote, before all others
 * @throws VarveError `credentials-invalid`
 */
export function checkCredentialsFile(named: string | undefined): void {
  const file = fileToRead(named);
  if (file === undefined) return;
  const what = faultIn(file.path);
  if (what === undefined) return;
  const { path, namedBy } = file;
  throw new VarveError(
    'credentials-invalid',
    namedBy === undefined ? `${path} ${what}` : `${namedBy} names ${path}, which ${what}`,
    {
      path,
      remedy:
        namedBy === undefined
          ? 'Write it anew by `gcloud auth application-default login`.'
          : `Correct ${namedBy}, or let it name another file, such as one that \`gcloud iam service-accounts keys create FILE --iam-account ACCOUNT\` writes.`,
    },
  );
}

function fileToRead(named: string | undefined): CredentialsFile | undefined {
  if (named !== undefined) return { path: named, namedBy: 'credentialpath in the settings of the remote' };
  const path = process.env[VARIABLE] || process.env[VARIABLE.toLowerCase()];
  if (path) return { path, namedBy: VARIABLE };
  const settings = process.platform === 'win32' ? process.env.APPDATA : join(homedir(), '.config');
  const own = settings && join(settings, 'gcloud', 'application_default_credentials.json');
  return own && existsSync(own) ? { path: own, namedBy: undefined } : undefined;
}

/** What is wrong with a file, to complete a sentence about it. Nothing of what it holds is told. */
function faultIn(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error) ?? 'unknown';
    return code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
  }
  const held = parsed(text);
  if (held === undefined) return 'is no JSON document of credentials';
  const { type = 'service_account' } = held;
  if (OTHER_TYPES.test(String(type))) return undefined;
  const missing = FIELDS[type === 'authorized_user' ? type : 'service_account']!.find(
    (name) => typeof held[name] !== 'string' || held[name] === '',
  );
  if (missing !== undefined) return `has no ${missing}`;
  return type === 'authorized_user' || isKey(held.private_key as string)
    ? undefined
    : 'has a private_key that is none, or was cut off';
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const held: unknown = JSON.parse(text);
    return isRecord(held) ? held : undefined;
  } catch {
    return undefined;
  }
}

function isKey(pem: string): boolean {
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
}
