import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BINARY, type Sandbox } from './sandbox.ts';

/** A `varve serve` of the real command line, on a free port. */
export interface ServeProcess {
  /** What it said with `--json` when it listened. */
  readonly said: {
    readonly url: string;
    readonly repositories: { bucket: string; root: string }[];
    readonly observed: { name: string; against: string }[];
  };
  readonly url: string;
  readonly pid: number;
  /** Standard error up to now: warnings, and the log. */
  log(): string;
  /** Sends a signal and waits for the end; answers the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function startServe(
  box: Sandbox,
  args: readonly string[] = [],
  folder = 'repo',
): Promise<ServeProcess> {
  const words = [BINARY, 'serve', '--listen', '127.0.0.1:0', '--json', ...args];
  const child = spawn(process.execPath, words, { cwd: box.path(folder), env: box.env });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`varve serve ended with ${code}: ${log}`)));
  });
  const said = JSON.parse(line) as ServeProcess['said'];
  return {
    said,
    url: said.url,
    pid: child.pid!,
    log: () => log,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}
