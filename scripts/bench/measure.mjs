// How long a command takes, and how much memory.
import { spawnSync } from 'node:child_process';

/** Seconds, seconds of the processor and peak resident memory (MiB, by GNU time) of a command; throws with its output where it fails. */
export function measured(command, options) {
  const started = process.hrtime.bigint();
  const result = spawnSync('/usr/bin/env', ['time', '-f', 'maxrss=%M cpu=%U+%S', ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (result.status !== 0) throw new Error(`${command.join(' ')}\n${result.stdout}\n${result.stderr}`);
  const [, kib, user, system] = /maxrss=(\d+) cpu=([\d.]+)\+([\d.]+)/.exec(result.stderr);
  return { seconds, processor: Number(user) + Number(system), mib: Math.round(Number(kib) / 1024) };
}
