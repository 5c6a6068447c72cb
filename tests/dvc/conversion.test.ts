import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkout } from '../../src/operations/checkout.ts';
import { openContext } from '../../src/operations/context/open.ts';
import { exportDvc } from '../../src/operations/export-dvc.ts';
import { importDvc } from '../../src/operations/import-dvc.ts';
import { status } from '../../src/operations/status.ts';
import { verify } from '../../src/operations/verify.ts';
import { contents, describeWithDvc, Sandbox } from '../support/dvc-sandbox.ts';
import { openTrusted } from '../support/trust.ts';

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures', 'dvc');
let box: Sandbox;

beforeEach(() => {
  box = new Sandbox();
  mkdirSync(box.path('given'));
  execFileSync('tar', ['xzf', join(fixtures, 'dvc-repo.tar.gz'), '-C', box.path('given')]);
});
afterEach(() => box.remove());

/** What `sha256sum` said of the data that `dvc checkout` brought. */
function expected(version: string): Record<string, string> {
  const lines = readFileSync(join(fixtures, `${version}.sha256`), 'utf8')
    .trim()
    .split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(66).replace(/^(\.\/)?(data\/)?/, ''), line.slice(0, 64)]),
  );
}

describe('a repository that the real DVC made', () => {
  test('comes over to varve with both its versions, and back', async () => {
    const root = box.path('given/repo');
    const head = box.git('given/repo', 'rev-parse', '--abbrev-ref', 'HEAD').trim();
    const imported = await importDvc(await openTrusted(root));
    expect(imported).toMatchObject({ branches: [`varve/${head}`], missing: [] });
    expect(box.git('given/repo', 'status', '--porcelain')).toBe('');
    box.git('given/repo', 'checkout', '-q', `varve/${head}`);
    await checkout(await openContext(root), []);
    expect(contents(join(root, 'data'))).toEqual(expected('v2'));
    expect((await status(await openContext(root))).datasets.map(({ state }) => state)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect((await verify(await openContext(root))).damage).toEqual([]);
    box.git('given/repo', 'checkout', '-q', `varve/${head}~1`);
    await checkout(await openContext(root), []);
    expect(contents(join(root, 'data'))).toEqual(expected('v1'));
    expect(await importDvcAgain(root, head)).toEqual(imported);
  });

  /** Kills the command again and again: what it is for is there as a whole, or nothing of it. */
  async function expectUnharmedByKills(command: string, branches: readonly string[]): Promise<void> {
    const cli = join(import.meta.dirname, '..', '..', 'bin', 'varve.js');
    const before = box.git('given/repo', 'for-each-ref');
    let unfinished = 0;
    for (const delay of [0, 200, 300, 400, 500, 600, 700]) {
      const child = spawn(process.execPath, [cli, command], {
        cwd: box.path('given/repo'),
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await sleep(delay);
      child.kill('SIGKILL');
      await ended;
      expect(box.git('given/repo', 'status', '--porcelain')).toBe('');
      const refs = box.git('given/repo', 'for-each-ref').replace(/.*refs\/varve\/rewriting\n/, '');
      if (refs === before) unfinished++;
      else for (const branch of branches) expect(refs).toContain(`refs/heads/${branch}\n`);
    }
    expect(unfinished).toBeGreaterThan(0);
  }

  test('goes over and back whole after any number of kills, and until then nothing is changed', async () => {
    const [root, twin] = [box.path('given/repo'), box.path('twin/repo')];
    const refs = (name: string) => box.git(`${name}/repo`, 'for-each-ref');
    execFileSync('cp', ['-r', box.path('given'), box.path('twin')]);
    const imported = await importDvc(await openTrusted(twin));
    await openTrusted(root);
    await expectUnharmedByKills('import-dvc', imported.branches);
    expect(await importDvc(await openTrusted(root))).toEqual(imported);
    expect(refs('given')).toBe(refs('twin'));
    for (const name of ['given', 'twin']) box.git(`${name}/repo`, 'checkout', '-q', imported.branches[0]!);
    await checkout(await openContext(root), []);
    expect(contents(join(root, 'data'))).toEqual(expected('v2'));
    expect((await verify(await openContext(root))).damage).toEqual([]);

    rmSync(join(root, '.dvc', 'cache'), { recursive: true });
    const exported = await exportDvc(await openContext(twin));
    await expectUnharmedByKills('export-dvc', exported.branches);
    expect(await exportDvc(await openContext(root))).toEqual(exported);
    expect(refs('given')).toBe(refs('twin'));
    box.git('given/repo', 'checkout', '-q', exported.branches[0]!);
    expect((await verify(await openContext(root))).damage).toEqual([]);
    await checkout(await openContext(root), []);
    expect(contents(join(root, 'data'))).toEqual(expected('v2'));
  }, 120_000);

  test('keeps branches that went on, and keeps what is not for Git out of it on every branch', async () => {
    const root = box.path('given/repo');
    const head = box.git('given/repo', 'rev-parse', '--abbrev-ref', 'HEAD').trim();
    await importDvc(await openTrusted(root));
    box.git('given/repo', 'checkout', '-q', `varve/${head}`);
    box.write('given/repo/note', 'mine');
    box.commit('given/repo', 'went on');
    box.git('given/repo', 'checkout', '-q', head);
    expect(box.git('given/repo', 'status', '--porcelain')).toBe('');
    box.git('given/repo', 'branch', 'other');
    const before = box.git('given/repo', 'for-each-ref');
    await expect(importDvc(await openTrusted(root))).rejects.toMatchObject({
      code: 'branch-moved',
      path: `varve/${head}`,
    });
    expect(box.git('given/repo', 'for-each-ref')).toBe(before);
    box.git('given/repo', 'branch', '-m', `varve/${head}`, 'mine');
    expect((await importDvc(await openTrusted(root))).branches).toEqual(
      expect.arrayContaining([`varve/${head}`, 'varve/mine', 'varve/other']),
    );
    box.git('given/repo', 'checkout', '-q', `varve/${head}`);
    const { branches } = await exportDvc(await openContext(root));
    expect(box.git('given/repo', 'status', '--porcelain')).toBe('');
    for (const branch of [...branches, `varve/${head}`]) {
      box.git('given/repo', 'checkout', '-q', branch);
      expect(box.git('given/repo', 'status', '--porcelain'), branch).toBe('');
    }
  });

  async function importDvcAgain(root: string, head: string) {
    box.git('given/repo', 'checkout', '-q', head);
    box.git('given/repo', 'branch', '-qD', `varve/${head}`);
    return importDvc(await openTrusted(root));
  }

  test('versions whose data is nowhere keep their .dvc files, and the rest comes over', async () => {
    const root = box.path('given/repo');
    rmSync(box.path('given/remote/files/md5/e1'), { recursive: true });
    const { missing, branches } = await importDvc(await openTrusted(root));
    expect(missing).toEqual([{ path: 'data/table.csv', md5: 'e1bcebba1f209f39aaf335dcafba5f98' }]);
    const paths = box.git('given/repo', 'ls-tree', '-r', '--name-only', branches[0]!).split('\n');
    expect(paths).toContain('data/table.csv.dvc');
    expect(paths).toContain('data/img.varve');
    expect(paths).not.toContain('data/img.dvc');
  });
});

describeWithDvc('conversion, judged by DVC', () => {
  test('what goes over to varve and back is the repository that DVC knows', async () => {
    const root = box.path('given/repo');
    const head = box.git('given/repo', 'rev-parse', '--abbrev-ref', 'HEAD').trim();
    const { branches } = await importDvc(await openTrusted(root));
    box.git('.', 'clone', '-q', '-b', branches[0]!, 'given/repo', 'clone');
    mkdirSync(box.path('clone/.git/varve'), { recursive: true });
    execFileSync('cp', ['-r', join(root, '.git', 'varve', 'cache'), box.path('clone/.git/varve/cache')]);
    box.git('clone', 'checkout', '-q', '-b', 'main-again');
    const back = await exportDvc(await openContext(box.path('clone')));
    expect(back).toMatchObject({ missing: [], lost: [] });
    expect(box.git('clone', 'status', '--porcelain')).toBe('');
    box.git('clone', 'checkout', '-q', 'dvc/main-again');
    box.dvc('clone', 'checkout', '-q');
    expect(contents(box.path('clone/data'))).toEqual(expected('v2'));
    expect(box.read('clone/data/img.dvc')).toBe(box.git('given/repo', 'show', `${head}:data/img.dvc`));
    expect(existsSync(box.path('clone/data/table.csv.dvc'))).toBe(true);
    expect(box.git('clone', 'log', '--format=%an %aI %s')).toBe(
      box.git('given/repo', 'log', '--format=%an %aI %s', head),
    );
  });
});
