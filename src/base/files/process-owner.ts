import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** `<where>-<pid>-<start>`: see processOwner. */
const OWNER = /^([0-9a-f]{8})-(\d+)-([0-9a-z]+)$/;
/** The start of a process is not known on this system. */
const UNKNOWN = '0';

let own: string | undefined;

/**
 * Name this process in the names of its temporary files, so that others can tell whether it still lives: where its number counts (the boot
 * of this machine and the pid namespace, so that no container takes the processes of another for its own), the number, and when it started.
 */
export function processOwner(): string {
  own ??= `${place()}-${process.pid}-${startOf(process.pid) ?? UNKNOWN}`;
  return own;
}

/**
 * Whether the process that processOwner named is gone. Undefined where that cannot be told from here: it ran on another machine or
 * in another container, or before this machine was started anew.
 */
export function isGone(owner: string): boolean | undefined {
  const [, where, pid, start] = OWNER.exec(owner) ?? [];
  if (where !== place()) return undefined;
  if (!isRunning(Number(pid))) return true;
  const now = startOf(Number(pid));
  // The number has been given to another process.
  return now !== undefined && start !== UNKNOWN && now !== start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM says that it is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let known: string | undefined;

function place(): string {
  known ??= createHash('sha256')
    .update(JSON.stringify([readQuietly('/proc/sys/kernel/random/boot_id') ?? hostname(), pidNamespace()]))
    .digest('hex')
    .slice(0, 8);
  return known;
}

function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

/** Field 22 of proc_pid_stat(5), in base 36; of a process that has ended and waits to be collected, a word that no start is. */
function startOf(pid: number): string | undefined {
  // The name, in parentheses, may hold anything.
  const fields = readQuietly(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  if (fields === undefined) return undefined;
  const [state] = fields;
  return state === 'Z' || state === 'X' ? 'ended' : Number(fields[19]).toString(36);
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
