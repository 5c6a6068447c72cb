import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { inertJson } from '../../wording/neutral.ts';
import { withoutSecrets } from '../../wording/urls.ts';
import { isDevicePath } from '../datasets/output-place.ts';
import type { Destination } from './destination.ts';

/** What a server may take to answer. */
const MAX_WAIT_MS = 5000;

/**
 * Tell an event: one line at the end of a file, or one request, which follows no redirection, so that the key goes nowhere else.
 * @returns why it could not be told, in words without credentials; undefined if it was
 */
export async function emit(event: object, destination: Destination): Promise<string | undefined> {
  try {
    const body = inertJson(JSON.stringify(event));
    if (destination.kind === 'file') append(destination.path, `${body}\n`);
    else await post(destination.url, body);
    return undefined;
  } catch (error) {
    return `The event of OpenLineage did not reach \`${destination.name}\`: ${reasonOf(error)}.`;
  }
}

/** A link is not followed, unless it is a device such as /dev/stdout: Git may have brought it, and what it leads to is not what was named. */
function append(path: string, line: string): void {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
  const follow = isDevicePath(path) ? 0 : O_NOFOLLOW;
  const file = openSync(path, O_APPEND | O_CREAT | O_WRONLY | follow, 0o666);
  try {
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}

async function post(url: string, body: string): Promise<void> {
  const { username, password } = new URL(url);
  if (username + password !== '')
    throw new Error('the address has a user or a password; give a key by OPENLINEAGE_API_KEY in its place');
  const key = process.env.OPENLINEAGE_API_KEY;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(MAX_WAIT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered with status ${response.status}`);
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer came within ${MAX_WAIT_MS / 1000} seconds`;
  return withoutSecrets(cause?.code ?? cause?.message ?? message);
}
