// How long a command takes, and how much memory.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Seconds, seconds of the processor and peak resident memory (MiB, of the largest process) of a command and all that it started, also what
 * outlived it, as the process that reads does; throws with its output where it fails.
 */
export function measured(command, options) {
  const script = fileURLToPath(new URL('processor-time.py', import.meta.url));
  const result = spawnSync('python3', [script, ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  if (result.status !== 0) throw new Error(`${command.join(' ')}\n${result.stderr}`);
  const [seconds, kib, processor] = result.stderr.trim().split('\n').slice(-3).map(Number);
  return { seconds, processor, mib: Math.round(kib / 1024) };
}
