import { spawn, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BINARY, Sandbox } from '../support/sandbox.ts';

/** VARVE_INTERRUPTS=20 for the figure in docs/reliability.md: instants of each command, spread over the time that it takes. */
const INSTANTS = Number(process.env.VARVE_INTERRUPTS ?? 2);
const ENDS_WITHIN_MS = 1000;
/** The best of so many counts, since the machine may be busy with something else. */
const TRIES = 4;
const LARGE = 32 * 1024 * 1024;
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const sandbox = new Sandbox();
sandbox.env.TMPDIR = sandbox.path('tmp');
afterAll(() => sandbox.remove());

beforeAll(() => {
  mkdirSync(sandbox.path('tmp'));
  sandbox.repository().withRemote();
  writeData('repo/data');
  sandbox.write('repo/table.csv', table(200_000));
  sandbox.write('table.csv', table(200_000));
  sandbox.write('later.csv', table(300_000));
});

/** A large file that is cut into chunks, one that is kept whole, and many small ones. */
function writeData(folder: string): void {
  sandbox.write(`${folder}/large.bin`, randomFillSync(Buffer.alloc(LARGE)));
  const archive = randomFillSync(Buffer.alloc(LARGE));
  archive.write('PK\x03\x04');
  sandbox.write(`${folder}/whole.zip`, archive);
  for (let file = 0; file < 2000; file++) sandbox.write(`${folder}/small/${file}.txt`, `${file}`.repeat(100));
}

function table(rows: number): string {
  const lines = ['id,name,value'];
  for (let row = 0; row < rows; row++) lines.push(`${row},name ${row % 977},${(row * 7919) % 100_003}`);
  return `${lines.join('\n')}\n`;
}

interface Ended {
  readonly code: number | null;
  /** From the signal to the end of the process; undefined where it ended before. */
  readonly ms: number | undefined;
  readonly err: string;
}

/** Runs varve and sends it a signal after so long. */
function interrupt(
  args: readonly string[],
  folder: string,
  afterMs: number,
  signal: NodeJS.Signals,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BINARY, ...args], {
      cwd: sandbox.path(folder),
      env: sandbox.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (text) => (err += text));
    let sentAt: number | undefined;
    const timer = setTimeout(() => {
      sentAt = performance.now();
      child.kill(signal);
    }, afterMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ms: sentAt === undefined ? undefined : performance.now() - sentAt, err });
    });
  });
}

/** How much longer a process takes now than on an idle machine, in milliseconds. */
function overload(): number {
  const start = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return Math.max(0, performance.now() - start - 60) * 4;
}

/** Unfinished files anywhere in the sandbox. */
function leftovers(): string[] {
  const found: string[] = readdirSync(sandbox.path('tmp'));
  for (const path of readdirSync(sandbox.root, { recursive: true }) as string[]) {
    if (/(^|\/)\.varve-|(^|\/)(cache|remote)\/tmp\/./.test(path)) found.push(path);
  }
  return found;
}

const clean = (...paths: string[]): void => {
  for (const path of paths) rmSync(sandbox.path(path), { recursive: true, force: true });
};

interface Stage {
  readonly name: string;
  readonly args: readonly string[];
  readonly folder?: string;
  /** Brings back the state before the command. */
  readonly reset: () => void;
}

const ADD = ['add', 'data', 'table.csv'];

/** Both datasets are there and added. */
function added(): void {
  if (!existsSync(sandbox.path('repo/data/whole.zip'))) writeData('repo/data');
  if (!existsSync(sandbox.path('repo/table.csv'))) sandbox.write('repo/table.csv', table(200_000));
  sandbox.ok(ADD);
}

const stages: readonly Stage[] = [
  {
    name: 'add',
    args: ADD,
    reset: () =>
      clean('repo/.git/varve/cache', 'repo/.varve/stat', 'repo/data.varve', 'repo/table.csv.varve', 'remote'),
  },
  {
    name: 'push',
    args: ['push'],
    reset() {
      added();
      clean('remote', 'repo/.varve/index');
    },
  },
  { name: 'verify', args: ['verify'], reset: added },
  {
    name: 'verify of the remote',
    args: ['verify', '--remote', 'origin'],
    reset() {
      added();
      sandbox.ok(['push']);
    },
  },
  {
    name: 'status',
    args: ['status'],
    reset() {
      added();
      clean('repo/.varve/stat');
    },
  },
  {
    name: 'checkout',
    args: ['checkout'],
    reset() {
      if (!existsSync(sandbox.path('repo/data.varve'))) added();
      clean('repo/data', 'repo/table.csv', 'repo/.varve/stat');
    },
  },
  {
    name: 'gc',
    args: ['gc', '--grace', '0'],
    reset() {
      added();
      sandbox.write('repo/data/large.bin', randomFillSync(Buffer.alloc(LARGE / 4)));
      added();
    },
  },
  { name: 'profile', args: ['profile', '../later.csv'], reset: () => undefined },
  { name: 'drift', args: ['drift', '../table.csv', '../later.csv'], reset: () => undefined },
  {
    name: 'pull',
    args: ['pull'],
    folder: 'clone',
    reset() {
      if (!existsSync(sandbox.path('clone'))) {
        added();
        sandbox.ok(['push']);
        sandbox.commit('data');
        sandbox.clone('repo', 'clone');
      }
      clean(
        'clone/data',
        'clone/table.csv',
        'clone/.git/varve/cache',
        'clone/.varve/stat',
        'clone/.varve/index',
      );
    },
  },
];

describe.each(stages)('$name, interrupted', ({ args, folder = 'repo', reset }) => {
  test(`at ${INSTANTS} instants ends in time, leaves nothing behind, and the next run works`, async () => {
    reset();
    const start = performance.now();
    const whole = await interrupt(args, folder, 10 * 60_000, 'SIGKILL');
    expect(whole.code, whole.err).toBeLessThanOrEqual(1);
    const duration = performance.now() - start;
    for (let instant = 0; instant < INSTANTS; instant++) {
      const signal = instant % 2 === 0 ? 'SIGINT' : 'SIGTERM';
      const at = (duration * (instant + 0.5)) / INSTANTS;
      const times: number[] = [];
      for (let turn = 0; turn < TRIES; turn++) {
        reset();
        const { code, ms, err } = await interrupt(args, folder, at, signal);
        expect(leftovers()).toEqual([]);
        // It was faster than before, or ended at that very instant.
        if (ms === undefined || code === whole.code) break;
        // Ended by the system, where varve had not yet begun.
        expect([CODES[signal], null], err).toContain(code);
        times.push(ms - overload());
        if (times.at(-1)! < ENDS_WITHIN_MS) break;
      }
      expect(
        times.at(-1) ?? 0,
        `milliseconds at ${Math.round(at)} of ${Math.round(duration)}: ${times}`,
      ).toBeLessThan(ENDS_WITHIN_MS);
      const again = sandbox.varve(args, folder);
      expect(again.code, again.err).toBe(whole.code);
    }
  }, 600_000);
});
