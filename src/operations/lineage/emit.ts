import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { fetchFailure } from '../../wording/network-failures.ts';
import { inertJson } from '../../wording/neutral.ts';
import { isDevicePath } from '../datasets/output-place.ts';
import type { Destination } from './destination.ts';

/** How long a server may take to answer. */
export interface AnswerLimit {
  /** Ends a request that took too long, by a TimeoutError. */
  readonly signal: AbortSignal;
  /** In milliseconds, for words. */
  readonly most: number;
}

/**
 * Tell an event: one line at the end of a file, or one request, which follows no redirection, so that the key goes nowhere else.
 * @returns why it could not be told, in words without credentials; undefined if it was
 */
export async function emit(
  event: object,
  destination: Destination,
  limit: AnswerLimit,
): Promise<string | undefined> {
  try {
    const body = inertJson(JSON.stringify(event));
    if (destination.kind === 'file') append(destination.path, `${body}\n`);
    else await post(destination.url, body, limit.signal);
    return undefined;
  } catch (error) {
    return `The event of OpenLineage did not reach \`${destination.name}\`: ${fetchFailure(error, limit.most)}.`;
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

async function post(url: string, body: string, signal: AbortSignal): Promise<void> {
  const { username, password } = new URL(url);
  if (username + password !== '')
    throw new Error('the address has a user or a password; give a key by OPENLINEAGE_API_KEY in its place');
  const key = process.env.OPENLINEAGE_API_KEY;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body,
    redirect: 'manual',
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered with status ${response.status}`);
}
