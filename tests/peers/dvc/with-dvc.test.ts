import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchOutputs, pushOutputs } from '../../../src/dvc/objects/transfer.ts';
import { addOutputs } from '../../../src/dvc/tree/add.ts';
import { checkoutOutputs } from '../../../src/dvc/tree/checkout.ts';
import type { DvcContext } from '../../../src/dvc/tree/context.ts';
import { outputsInTree } from '../../../src/dvc/tree/pointers.ts';
import { isRecorded } from '../../../src/dvc/tree/select.ts';
import { outputStatus } from '../../../src/dvc/tree/status.ts';
import { openContext } from '../../../src/operations/context/open.ts';
import { contents, describeWithDvc, Sandbox } from '../../support/dvc-sandbox.ts';
import { openTrusted } from '../../support/trust.ts';

const noProfile = async () => undefined;
const all = (context: DvcContext) =>
  outputsInTree(context.repository)
    .filter(isRecorded)
    .map((output) => ({ output }));

describeWithDvc('beside the real DVC', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
  });
  afterEach(() => box.remove());

  function makeData(): void {
    box.write('repo/data/img/a.png', 'first');
    box.write('repo/data/img/deep/er/b.png', 'second');
    box.write('repo/data/img/empty', '');
    box.write('repo/data/img/\u00e9t\u00e9 \ud83d\ude00 "q".txt', 'unicode');
    box.write('repo/data/img/\uffee.txt', 'above the surrogates');
    box.write('repo/data/table.csv', 'a,b\r\n1,2\r\n');
  }

  test('what varve adds and pushes is what DVC would have written, byte for byte', async () => {
    box.repository();
    makeData();
    box.dvc('repo', 'add', '-q', 'data/img', 'data/table.csv');
    const pointers = ['repo/data/img.dvc', 'repo/data/table.csv.dvc', 'repo/data/.gitignore'];
    const expected = pointers.map((path) => box.read(path));
    const cache = contents(box.path('repo/.dvc/cache/files'));
    for (const path of pointers) rmSync(box.path(path));
    rmSync(box.path('repo/.dvc/cache'), { recursive: true });
    await box.inside('repo', (context) => addOutputs(context, ['data/img', 'data/table.csv'], noProfile));
    expect(pointers.map((path) => box.read(path))).toEqual(expected);
    expect(contents(box.path('repo/.dvc/cache/files'))).toEqual(cache);
    expect(box.dvcStatus('repo')).toEqual({});
    box.commit('repo', 'v1');
    await box.inside('repo', (context) => pushOutputs(context, all(context), {}));
    expect(box.dvcStatus('repo', '--cloud')).toEqual({});
    box.git('.', 'clone', '-q', 'repo', 'clone');
    box.dvc('clone', 'pull', '-q');
    expect(contents(box.path('clone/data'))).toEqual(contents(box.path('repo/data')));
  });

  test('what DVC pushed, varve pulls, and DVC finds nothing to say', async () => {
    box.repository();
    makeData();
    box.dvc('repo', 'add', '-q', 'data/img', 'data/table.csv');
    box.commit('repo', 'v1');
    box.dvc('repo', 'push', '-q');
    box.git('.', 'clone', '-q', 'repo', 'clone');
    await box.inside('clone', async (context) => {
      await fetchOutputs(context, all(context), {});
      await checkoutOutputs(context, all(context), {});
      for (const one of all(context))
        expect(await outputStatus(context, one)).toMatchObject({ state: 'unchanged', notCached: 0 });
    });
    expect(contents(box.path('clone/data'))).toEqual(contents(box.path('repo/data')));
    expect(box.dvcStatus('clone')).toEqual({});
    const object = box.path('clone/.dvc/cache/files/md5/8b/04d5e3775d298e78455efc5ca404d5');
    expect(readFileSync(object, 'utf8')).toBe('first');
    expect(lstatSync(object).mode & 0o777).toBe(0o444);
  });

  test('what varve moves, removes and brings back is what DVC would have made of it', async () => {
    box.repository();
    makeData();
    box.dvc('repo', 'add', '-q', 'data/img', 'data/table.csv');
    box.commit('repo', 'v1');
    box.git('.', 'clone', '-q', 'repo', 'judge');
    box.dvc('judge', 'cache', 'dir', '--local', '-q', box.path('repo/.dvc/cache'));
    box.dvc('judge', 'checkout', '-q');
    box.dvc('judge', 'move', '-q', 'data/table.csv', 'data/moved.csv');
    box.dvc('judge', 'remove', '-q', 'data/img.dvc');
    await openTrusted(box.path('repo'));
    const { backend } = await openContext(box.path('repo'));
    await backend.move(['data/table.csv'], 'data/moved.csv');
    const removed = await backend.remove(['data/img'], {});
    expect(removed.datasets).toMatchObject([{ path: 'data/img', hasData: true }]);
    for (const path of ['data/moved.csv.dvc', 'data/.gitignore'])
      expect(box.read(`repo/${path}`)).toBe(box.read(`judge/${path}`));
    expect(box.dvcStatus('repo')).toEqual({});
    const commit = box.git('repo', 'rev-parse', 'HEAD').trim();
    const version = (await backend.version('data/img', commit))!;
    rmSync(box.path('repo/data/img'), { recursive: true });
    await backend.restore([{ version, part: undefined }], { isPointed: true });
    expect(box.dvcStatus('repo')).toEqual({});
    expect(box.read('repo/data/img/a.png')).toBe('first');
  });
});
