// What a one-file change to a directory of a million small files costs the store.
// Usage: node scripts/bench/store-million.mjs [files, 1000000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStore } from './store-bundle.mjs';

const count = Number(process.argv[2] ?? 1_000_000);
const work = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'varve-million-'));
const { Store, FolderRemote, transfer, encodeManifest } = await loadStore(work);

async function step(name, run) {
  const start = performance.now();
  const result = await run();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const note = result?.bytes === undefined ? '' : `${result.bytes} bytes in ${result.objects} objects`;
  console.log(`| ${name} | ${seconds} s | ${note} |`);
  return result;
}

async function snapshot(store, entries) {
  const batch = store.batch();
  const { digest } = await batch.addBytes(encodeManifest(entries), 'meta');
  await batch.commit();
  return { path: 'data', kind: 'directory', digest };
}

try {
  console.log(`| ${count} files | time | sent |\n| --- | --- | --- |`);
  const store = await Store.open(new FolderRemote(join(work, 'cache')));
  const remote = await Store.open(new FolderRemote(join(work, 'remote')));
  const entries = [];
  await step('put the files', async () => {
    const batch = store.batch();
    for (let at = 0; at < count; at++) {
      const name = String(at).padStart(8, '0');
      const added = await batch.addBytes(Buffer.from(`file ${name}\n`), 'data');
      entries.push({ path: `d${name.slice(0, 5)}/f${name}.txt`, ...added });
    }
    await batch.commit();
  });
  const first = await step('snapshot', () => snapshot(store, entries));
  await step('push', () => transfer(store, remote, [first], { clone: 'bench' }));
  await step('push again', () => transfer(store, remote, [first], { clone: 'bench' }));
  const batch = store.batch();
  entries[count >> 1] = {
    path: entries[count >> 1].path,
    ...(await batch.addBytes(Buffer.from('changed\n'), 'data')),
  };
  await batch.commit();
  const second = await step('snapshot after a one-file change', () => snapshot(store, entries));
  await step('push of that', () => transfer(store, remote, [second], { clone: 'bench' }));
  const clone = await Store.open(new FolderRemote(join(work, 'clone')));
  await step('pull of one folder of ten files', () =>
    transfer(remote, clone, [{ ...second, only: ['d00000'] }]),
  );
  console.log(
    `\nMost memory: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB, of which the list of files above is a part.`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
