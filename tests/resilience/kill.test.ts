import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { DataInBucket, LARGE } from '../support/data-in-bucket.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';
import { expectFolder, versionOf } from '../support/stores.ts';

/** VARVE_KILLS=200 for the figure in docs/design/reliability.md. */
const KILLS = Number(process.env.VARVE_KILLS ?? 25);
const work = mkdtempSync(join(tmpdir(), 'varve-kill-'));
const victim = join(work, 'victim.mjs');
afterAll(() => rmSync(work, { recursive: true, force: true }));

beforeAll(async () => {
  const source = fileURLToPath(new URL('./victim.ts', import.meta.url));
  await build({
    entryPoints: [source],
    outfile: victim,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
});

interface State {
  version: number;
  live: Root[];
  pushed: Root[];
}

/** Runs the victim for `ms` after its first step has begun, kills it, and takes over what it said. */
function runAndKill(state: State, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [
      victim,
      work,
      String(state.version + 1),
      JSON.stringify(state.live),
    ]);
    let problem = '';
    child.stderr.on('data', (text) => (problem += text));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.endsWith('}')) return;
      const said = JSON.parse(line) as { version?: number; live?: Root[]; pushed?: Root };
      if (said.version !== undefined && state.version !== said.version) {
        if (state.version + 1 === said.version) setTimeout(() => child.kill('SIGKILL'), ms);
        state.version = said.version;
      }
      if (said.pushed) state.pushed.push(said.pushed);
      if (said.live) {
        state.live = said.live;
        state.pushed = state.pushed.slice(-1);
      }
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the victim ended by itself: ${code} ${problem}`));
    });
  });
}

const open = (name: string) => Store.open(new FolderRemote(join(work, name)));

test(`after each of ${KILLS} kills at random instants, every version that was finished is whole`, async () => {
  const state: State = { version: 0, live: [], pushed: [] };
  for (let turn = 0; turn < KILLS; turn++) {
    await runAndKill(state, ((turn * 7919) % 397) / 2);
    const roots = [...state.live, ...state.pushed];
    for (const name of ['cache', 'remote']) {
      const store = await open(name);
      const { damage } = await verifyStore(store, roots);
      expect(damage, `${name} after kill ${turn}`).toEqual([]);
    }
    const clone = await open(`pull-${turn}`);
    await transfer(await open('remote'), clone, roots);
    for (const root of roots) await expectFolder(clone, root, versionOf(Number(root.path.slice(1))));
    rmSync(join(work, `pull-${turn}`), { recursive: true, force: true });
  }
}, 600_000);

describeWithMinio('data that stays in a bucket', (server) => {
  let box: Sandbox;
  let raw: DataInBucket;
  beforeEach(() => {
    box = new Sandbox();
    raw = new DataInBucket(server, box);
  });
  afterEach(() => box.remove());

  test('a pull that is killed at any instant leaves no half of a file, and the next one goes on', {
    timeout: 120_000,
  }, async () => {
    await raw.fill({ versioned: false });
    for (let at = 0; at < 60; at++) await raw.put(`raw/many/${at}`, `${at},`.repeat(4000));
    raw.add();
    for (let round = 0; round < 8; round++) {
      await box.killed(['pull'], 200 + round * 60);
      for (let at = 0; at < 60 && existsSync(box.path('repo/data/raw/many', String(at))); at++)
        expect(raw.data(`many/${at}`)).toBe(`${at},`.repeat(4000));
      expect(box.varve(['verify'])).toMatchObject({ code: 0 });
    }
    box.ok(['pull']);
    for (let at = 0; at < 60; at++) expect(raw.data(`many/${at}`)).toBe(`${at},`.repeat(4000));
    expect(raw.data('sub/large.csv')).toBe(LARGE);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }] });
    expect(readdirSync(box.path('repo/data/raw')).sort()).toEqual(['a.csv', 'many', 'sub']);
  });
});
