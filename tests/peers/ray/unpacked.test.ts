import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';

const engines = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'engines');
const box = new Sandbox();
afterAll(() => box.remove());

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

/** What a worker runs of what was shipped, with a Ray that is none. */
const PROGRAM = `
import io, os, sys, tarfile, types
ray = types.ModuleType("ray")
ray.get = lambda piece: piece
ray.cloudpickle = None
sys.modules["ray"] = ray
sys.path.insert(0, sys.argv[1])
import ray_tasks, varve_task
made = io.BytesIO()
with tarfile.open(fileobj=made, mode="w") as tar:
    entry = tarfile.TarInfo("node")
    entry.size = 3
    tar.addfile(entry, io.BytesIO(b"own"))
try:
    print(open(os.path.join(ray_tasks.unpacked({"sha256": "ab", "pieces": [made.getvalue()]}), "node")).read())
except varve_task.Lasting as failure:
    print(failure)
`;

function unpacked(): string {
  mkdirSync(box.path('tmp'), { recursive: true });
  const program = box.write('program.py', PROGRAM);
  const { stdout, stderr } = spawnSync('python3', [program, engines], {
    env: { ...box.env, TMPDIR: box.path('tmp') },
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** Puts a program where that of a task will be looked for, as anybody can who writes to the same folder. */
function placed(put: (place: string) => void): void {
  rmSync(box.path('tmp'), { recursive: true, force: true });
  mkdirSync(box.path('tmp'));
  put(box.path('tmp', `varve-${process.getuid!()}-ab`));
}

test.skipIf(!HAS_PYTHON)(
  'a worker runs what was shipped, and nothing that others put in its place (skipped where there is no python3)',
  () => {
    expect(unpacked()).toBe('own\n');
    expect(unpacked()).toBe('own\n');
    expect(readdirSync(box.path('tmp'))).toHaveLength(1);

    placed((place) => {
      mkdirSync(place);
      writeFileSync(join(place, 'node'), 'strange');
      chmodSync(place, 0o777);
    });
    expect(unpacked()).toMatch(/belongs to somebody else, or others may write to it: nothing in it is run/);

    placed((place) => {
      mkdirSync(box.path('elsewhere'));
      writeFileSync(box.path('elsewhere', 'node'), 'strange');
      symlinkSync(box.path('elsewhere'), place);
    });
    expect(unpacked()).toMatch(/nothing in it is run/);
  },
);
