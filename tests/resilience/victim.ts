/** A process that adds, pushes, pulls and collects garbage until it is killed. Says on stdout what it has finished. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { Store } from '../../src/store/store.ts';
import { pushToRemote } from '../../src/store/transfer/push.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { addFolder, versionOf } from '../support/stores.ts';

const [folder, first, live] = process.argv.slice(2) as [string, string, string];
const open = (name: string) => Store.open(new FolderRemote(join(folder, name)));
const say = (what: object): void => console.log(JSON.stringify(what));

let roots = JSON.parse(live) as Root[];
for (let version = Number(first); ; version++) {
  say({ version });
  const cache = await open('cache');
  const root = await addFolder(cache, `v${version}`, versionOf(version));
  say({ added: root });
  await pushToRemote(async () => cache, new FolderRemote(join(folder, 'remote')), [root], {
    clone: 'victim',
  });
  say({ pushed: root });
  roots = [...roots.slice(-2), root];
  say({ live: roots });
  await markAndSweep(await open(version % 2 ? 'cache' : 'remote'), roots, { clone: 'victim', graceMs: 0 });
  const clone = join(folder, `clone-${version}`);
  mkdirSync(clone, { recursive: true });
  await transfer(await open('remote'), await open(`clone-${version}`), [root]);
  say({ pulled: root });
  rmSync(clone, { recursive: true });
}
