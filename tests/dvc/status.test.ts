import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { add } from '../../src/operations/add.ts';
import { openContext } from '../../src/operations/context/open.ts';
import { status } from '../../src/operations/status.ts';
import { Sandbox } from '../support/dvc-sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.write('repo/.dvc/config', '');
  box.write('repo/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  box.git('repo', 'init', '-q');
});
afterEach(() => box.remove());

const at = () => openContext(box.path('repo'));
const look = async () => (await status(await at())).datasets;
const name = expect.stringMatching(/^md5:[0-9a-f]{32}\.dir$/);
const unchanged = {
  path: 'data',
  kind: 'directory',
  state: 'unchanged',
  digest: name,
  dataDigest: name,
  changes: [],
};

/** Old enough that the times of later changes differ. */
function age(path: string): void {
  const past = new Date(Date.now() - 60_000);
  utimesSync(box.path(path), past, past);
}

describe('status in a repository of DVC', () => {
  test('finds the one object that the cache lacks among thousands', async () => {
    for (let index = 0; index < 2100; index++)
      box.write(`repo/data/${index % 7}/${index}`, `content ${index}`);
    await add(await at(), ['data']);
    expect(await look()).toEqual([unchanged]);
    const folder = box.path('repo/.dvc/cache/files/md5/7f');
    rmSync(`${folder}/${readdirSync(folder)[0]}`);
    expect(await look()).toEqual([{ ...unchanged, notCached: 1 }]);
    rmSync(folder, { recursive: true });
    const rest = readdirSync(box.path('repo/.dvc/cache/files/md5')).flatMap((first) =>
      readdirSync(box.path('repo/.dvc/cache/files/md5', first)),
    );
    // All files are distinct, and one object more is the list of them.
    expect(await look()).toEqual([{ ...unchanged, notCached: 2101 - rest.length }]);
  });

  test('tells the same with its notes, without them and with damaged ones', async () => {
    for (const name of ['a', 'b/c', 'b-c', 'b.c', 'é', '\ud83d\ude00', '\uffee'])
      box.write(`repo/data/${name}`, name);
    await add(await at(), ['data']);
    // What was written a moment ago could change again unseen, so it is noted only now.
    await sleep(100);
    expect(await look()).toEqual([unchanged]);
    const notes = box.path('repo/.dvc/tmp/varve/stat');
    const [name] = readdirSync(notes);
    const text = readFileSync(`${notes}/${name}`, 'utf8');
    for (const damaged of [
      text.slice(0, -9),
      text.replace('"version":2', '"version":1'),
      text.replace(/"md5":"\w{32}/, '"md5":"'),
      text.replace(/"size":\[\d+,/, '"size":['),
      'null',
      '',
    ]) {
      expect(damaged).not.toBe(text);
      writeFileSync(`${notes}/${name}`, damaged);
      expect(await look()).toEqual([unchanged]);
      expect(await look()).toEqual([unchanged]);
    }
  });

  test('a file that comes, goes, changes or only looks changed', async () => {
    for (const name of ['a', 'b', 'c']) box.write(`repo/data/${name}`, name);
    await add(await at(), ['data']);
    const expectChange = async (path: string, change: string) =>
      expect(await look()).toEqual([{ ...unchanged, state: 'modified', changes: [{ path, change }] }]);
    age('repo/data/b');
    expect(await look()).toEqual([unchanged]);
    box.write('repo/data/d', 'd');
    await expectChange('d', 'added');
    rmSync(box.path('repo/data/d'));
    expect(await look()).toEqual([unchanged]);
    rmSync(box.path('repo/data/a'));
    await expectChange('a', 'removed');
    box.write('repo/data/a', 'a');
    box.write('repo/data/c', 'C');
    await expectChange('c', 'modified');
  });
});
