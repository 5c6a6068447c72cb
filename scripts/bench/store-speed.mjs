// Speed and memory of the store alone, beside sha256sum and cp of the same data in the same run.
// Usage: node scripts/bench/store-speed.mjs [MiB of the large file, 1024] [small files, 10000]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLargeFile, makeSmallFiles } from './data.mjs';
import { loadStore } from './store-bundle.mjs';

const [mib = 1024, count = 10_000] = process.argv.slice(2).map(Number);
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-bench-'));
const { Store, FolderRemote, push, transfer, encodeManifest, comparePaths } = await loadStore(work);

async function timed(name, work) {
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  console.log(`| ${name} | ${seconds.toFixed(2)} s |`);
  return { seconds, result };
}

async function addAll(cache, folder) {
  const store = await Store.open(new FolderRemote(cache));
  const batch = store.batch();
  const entries = [];
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath ?? file.path, file.name);
    entries.push({ path: path.slice(folder.length + 1), ...(await batch.addFile(path)) });
  }
  entries.sort((a, b) => comparePaths(a.path, b.path));
  const { digest } = await batch.addBytes(encodeManifest(entries), 'meta');
  await batch.commit();
  return { entries, root: { path: 'data', kind: 'directory', digest } };
}

async function measure(name, folder) {
  console.log(`\n| ${name} | time |\n| --- | --- |`);
  const at = (part) => join(work, `${name.replace(/\W+/g, '-')}-${part}`);
  const hash = await timed('sha256sum', () =>
    execFileSync('sh', ['-c', `find "${folder}" -type f -exec sha256sum {} + > /dev/null`]),
  );
  const copy = await timed('cp -r', () => execFileSync('cp', ['-r', folder, at('copy')]));
  rmSync(at('copy'), { recursive: true });
  const added = await timed('add', () => addAll(at('cache'), folder));
  console.log(`| add, × (sha256sum + cp) | ${(added.seconds / (hash.seconds + copy.seconds)).toFixed(2)} |`);
  const { root, entries } = added.result;
  await timed('add again', () => addAll(at('cache'), folder));
  const pushAll = () =>
    push(() => Store.open(new FolderRemote(at('cache'))), new FolderRemote(at('remote')), [root], {
      clone: 'bench',
      memory: at('memory'),
    });
  await timed('push to a folder', pushAll);
  await timed('push again', pushAll);
  const remote = await Store.open(new FolderRemote(at('remote')));
  const clone = await Store.open(new FolderRemote(at('clone')));
  await timed('pull into an empty cache', () => transfer(remote, clone, [root]));
  await timed('checkout', async () => {
    for (const { path, digest } of entries) {
      const target = join(at('out'), path);
      mkdirSync(join(target, '..'), { recursive: true });
      await clone.restore(digest, target);
    }
  });
  execFileSync('sh', ['-c', `diff -r "${folder}" "${at('out')}"`]);
  console.log(`| most memory so far | ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB |`);
  for (const part of ['cache', 'remote', 'memory', 'clone', 'out']) rmSync(at(part), { recursive: true });
}

try {
  const large = join(work, 'large');
  await measure(makeLargeFile(large, mib).name, large);
  rmSync(large, { recursive: true });
  const small = join(work, 'small');
  if (count > 0) await measure(makeSmallFiles(small, count).name, small);
} finally {
  rmSync(work, { recursive: true, force: true });
}
