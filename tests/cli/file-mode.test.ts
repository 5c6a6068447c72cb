import { chmodSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/d/run.sh', 'echo');
  box.write('repo/d/x.txt', 'one');
  box.write('repo/tool', 'echo');
  for (const path of ['d/run.sh', 'tool']) chmodSync(box.path('repo', path), 0o755);
  box.ok(['add', 'd', 'tool']);
  box.commit('v1');
});
afterEach(() => box.remove());

const change = (mode: number): void => {
  for (const path of ['d/run.sh', 'd/x.txt', 'tool']) chmodSync(box.path('repo', path), mode);
};
const pointers = (): string => box.git(['diff', '--stat', '--', '*.varve']);
const isExecutable = (path: string): boolean => (statSync(box.path(path)).mode & 0o100) !== 0;

test('a changed executable bit is a change, unless core.fileMode says that modes mean nothing here', () => {
  change(0o644);
  expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'modified' }, { state: 'modified' }] });
  box.git(['config', 'core.fileMode', 'false']);
  for (const mode of [0o644, 0o755]) {
    change(mode);
    expect(box.ok(['status'])).toContain('nothing changed');
    expect(box.json(['diff'])).toMatchObject({ datasets: [] });
    box.ok(['add', 'd', 'tool']);
    expect(pointers()).toBe('');
  }
  // What is new is not executable, as with Git; what was stays so in every later version.
  box.write('repo/d/new.sh', 'echo');
  chmodSync(box.path('repo/d/new.sh'), 0o755);
  box.write('repo/d/run.sh', 'echo more');
  change(0o644);
  box.write('repo/tool', 'echo more');
  box.ok(['add', 'd', 'tool']);
  box.commit('v2');
  box.ok(['get', 'd@HEAD', '-o', '../out']);
  expect(['out/run.sh', 'out/new.sh', 'out/x.txt'].map(isExecutable)).toEqual([true, false, false]);
  expect(box.git(['show', 'HEAD:tool.varve'])).toContain('executable: true');
});

test('where nothing is recorded, or all comes back, the bits are those of the version', () => {
  box.git(['config', 'core.fileMode', 'false']);
  rmSync(box.path('repo/d'), { recursive: true });
  box.ok(['checkout', '--force']);
  expect(isExecutable('repo/d/run.sh')).toBe(true);
  change(0o644);
  expect(box.ok(['status'])).toContain('nothing changed');
  for (const lost of [['checkout'], ['add', 'd', 'tool']]) {
    rmSync(box.path('repo/.varve/stat'), { recursive: true });
    box.ok(lost);
    expect(box.ok(['status'])).toContain('nothing changed');
    expect(pointers()).toBe('');
    change(0o644);
    expect(box.ok(['status'])).toContain('nothing changed');
  }
});
