import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { CommittedPosition } from '../../../src/kafka/topic.ts';
import { parseWindowLimit } from '../../../src/operations/inference/window-limit.ts';
import { TopicProgress } from '../../../src/operations/stream/topic-progress.ts';
import { type ClosedWindow, StreamWindows } from '../../../src/operations/stream/windows.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-progress-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MINUTE = 60_000;

interface Message {
  readonly partition: number;
  readonly offset: number;
  readonly minute: number;
}

/** What a reader of reports has: the last report of each number. */
type Reports = Map<number, { readonly names: readonly string[]; readonly late: readonly string[] }>;
/** When a process ends: in the so-manieth report of its life, before or after it was committed. */
interface Crash {
  readonly afterReports: number;
  readonly isCommitted: boolean;
}

function nameOf({ partition, offset }: Message): string {
  return `${partition}:${offset}`;
}

/** One life of a process: it goes on where the group is, and ends with the topic or in a crash. */
async function live(
  messages: readonly Message[],
  window: string,
  committed: Map<number, CommittedPosition>,
  reports: Reports,
  crash: Crash | undefined,
): Promise<void> {
  const progress = new TopicProgress(undefined);
  const windows = new StreamWindows({
    limit: parseWindowLimit(window),
    lateness: 0,
    folder: mkdtempSync(join(folder, 'w')),
  });
  windows.begin(progress.assign(committed), new Map());
  let late: string[] = [];
  let made = 0;
  /** @returns whether the process goes on */
  const report = async (next: () => ClosedWindow | undefined): Promise<boolean> => {
    for (let closed = next(); closed !== undefined; closed = next()) {
      const number = ++progress.window;
      const positions = progress.committable(windows);
      const [file] = closed.files.written();
      reports.set(number, { names: readFileSync(file!.path, 'utf8').trimEnd().split('\n'), late });
      late = [];
      const isLast = ++made === crash?.afterReports;
      if (!isLast || crash.isCommitted)
        for (const [partition, position] of positions) committed.set(partition, position);
      if (isLast) return false;
    }
    return true;
  };
  for (const message of messages) {
    const { partition, offset, minute } = message;
    const isAgain = progress.isDealtWith(partition, offset);
    const rows = { rows: 1, forms: [], content: { lines: [Buffer.from(nameOf(message))] } };
    const taken = windows.add(rows, minute * MINUTE, { partition, offset });
    if (taken === 'late' && !isAgain) late.push(nameOf(message));
    progress.moved(partition, offset + 1);
    if (!progress.isReplaying && !(await report(() => windows.due()))) return;
  }
  if (!(await report(() => windows.rest()))) return;
  reports.set(progress.window + 1, { names: [], late });
}

const topic = fc
  .array(fc.record({ partition: fc.nat(1), minute: fc.nat(30) }), { minLength: 1, maxLength: 50 })
  .map((steps): Message[] => {
    const next = [0, 0];
    return steps.map(({ partition, minute }) => ({ partition, minute, offset: next[partition]!++ }));
  });
const crash = fc.record({ afterReports: fc.integer({ min: 1, max: 4 }), isCommitted: fc.boolean() });

test.each(['7', '5m'])(
  'whatever crashes there are, each message is in one window of %s, or late once',
  async (window) => {
    await fc.assert(
      fc.asyncProperty(topic, fc.array(crash, { maxLength: 3 }), async (messages, crashes) => {
        const committed = new Map<number, CommittedPosition>([
          [0, { offset: 0 }],
          [1, { offset: 0 }],
        ]);
        const reports: Reports = new Map();
        for (const one of [...crashes, undefined]) {
          const start = new Map([...committed].map(([partition, { offset }]) => [partition, offset]));
          const left = messages.filter(({ partition, offset }) => offset >= start.get(partition)!);
          await live(left, window, committed, reports, one);
        }
        const told = [...reports.values()].flatMap(({ names, late }) => [...names, ...late]);
        expect(told.toSorted()).toEqual(messages.map(nameOf).toSorted());
      }),
      { numRuns: 60 },
    );
  },
);
