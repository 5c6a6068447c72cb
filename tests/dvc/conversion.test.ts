import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkout } from '../../src/operations/checkout.ts';
import { openContext } from '../../src/operations/context.ts';
import { exportDvc } from '../../src/operations/export-dvc.ts';
import { importDvc } from '../../src/operations/import-dvc.ts';
import { status } from '../../src/operations/status.ts';
import { verify } from '../../src/operations/verify.ts';
import { contents, describeWithDvc, Sandbox } from './sandbox.ts';

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
    const imported = await importDvc(openContext(root));
    expect(imported).toMatchObject({ branches: [`varve/${head}`], missing: [] });
    expect(box.git('given/repo', 'status', '--porcelain')).toBe('');
    box.git('given/repo', 'checkout', '-q', `varve/${head}`);
    await checkout(openContext(root), []);
    expect(contents(join(root, 'data'))).toEqual(expected('v2'));
    expect((await status(openContext(root))).datasets.map(({ state }) => state)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect((await verify(openContext(root))).damage).toEqual([]);
    box.git('given/repo', 'checkout', '-q', `varve/${head}~1`);
    await checkout(openContext(root), []);
    expect(contents(join(root, 'data'))).toEqual(expected('v1'));
    expect(await importDvcAgain(root, head)).toEqual(imported);
  });

  async function importDvcAgain(root: string, head: string) {
    box.git('given/repo', 'checkout', '-q', head);
    box.git('given/repo', 'branch', '-qD', `varve/${head}`);
    return importDvc(openContext(root));
  }

  test('versions whose data is nowhere keep their .dvc files, and the rest comes over', async () => {
    const root = box.path('given/repo');
    rmSync(box.path('given/remote/files/md5/e1'), { recursive: true });
    const { missing, branches } = await importDvc(openContext(root));
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
    const { branches } = await importDvc(openContext(root));
    box.git('.', 'clone', '-q', '-b', branches[0]!, 'given/repo', 'clone');
    mkdirSync(box.path('clone/.varve'), { recursive: true });
    execFileSync('cp', ['-r', join(root, '.varve', 'cache'), box.path('clone/.varve/cache')]);
    box.git('clone', 'checkout', '-q', '-b', 'main-again');
    const back = await exportDvc(openContext(box.path('clone')));
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
