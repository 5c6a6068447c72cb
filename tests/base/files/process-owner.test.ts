import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isGone, processOwner } from '../../../src/base/files/process-owner.ts';
import { makeTemporaryFolder, removeAbandoned } from '../../../src/base/files/temporary-folder.ts';

const [place, , start] = processOwner().split('-') as [string, string, string];
const dead = () => spawnSync(process.execPath, ['-e', '']).pid;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-owner-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a process that lives is not gone, one that ended is', () => {
  expect(isGone(processOwner())).toBe(false);
  expect(isGone(`${place}-${process.pid}-0`)).toBe(false);
  expect(isGone(`${place}-${dead()}-${start}`)).toBe(true);
});

test.skipIf(!existsSync('/proc/self/stat'))(
  'a number that another process has by now is not its (skipped where /proc is not there)',
  () => {
    expect(isGone(`${place}-${process.pid}-1`)).toBe(true);
  },
);

test.skipIf(!existsSync('/proc/self/stat'))(
  'one that has ended and that nobody collected is gone (skipped where /proc is not there)',
  async () => {
    // The shell becomes `sleep`, which never asks for its child.
    const parent = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60']);
    try {
      const pid = await new Promise<string>((resolve) =>
        parent.stdout.on('data', (text) => resolve(`${text}`.trim())),
      );
      while (!isGone(`${place}-${pid}-zz`)) await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      parent.kill();
    }
  },
);

test('of a process of another machine, container or boot nothing is said', () => {
  expect(isGone(`00000000-${dead()}-${start}`)).toBeUndefined();
  expect(isGone('nonsense')).toBeUndefined();
});

test('temporary folders of dead processes are removed, and nothing else', () => {
  const yesterday = Date.now() / 1000 - 25 * 3600;
  const make = (name: string, age = 0) => {
    mkdirSync(join(folder, name));
    if (age > 0) utimesSync(join(folder, name), age, age);
  };
  make(`varve-engine-${place}-${dead()}-${start}-AbCdEf`);
  make(`varve-rows-${place}-${dead()}-${start}-AbCdEf`);
  make(`varve-engine-00000000-${dead()}-${start}-AbCdEf`, yesterday);
  make('varve-engine-AbCdEf', yesterday);
  const stay = [
    `varve-engine-${processOwner()}-AbCdEf`,
    `varve-engine-00000000-${dead()}-${start}-AbCdEf`,
    'varve-engine-ABCDEF',
    'varve-thesis-AbCdEf',
    'varve-engine-of-mine',
  ];
  for (const name of stay.slice(0, 3)) make(name);
  for (const name of stay.slice(3)) make(name, yesterday);
  mkdirSync(join(folder, 'target'));
  symlinkSync(join(folder, 'target'), join(folder, `varve-engine-${place}-${dead()}-${start}-AAAAAA`));
  const links = readdirSync(folder).filter((name) => name.endsWith('AAAAAA'));
  removeAbandoned(folder);
  expect(readdirSync(folder).sort()).toEqual([...stay, ...links, 'target'].sort());
});

test('a folder carries its process in its name', () => {
  const made = makeTemporaryFolder('rows');
  try {
    expect(made).toContain(`varve-rows-${processOwner()}-`);
  } finally {
    rmSync(made, { recursive: true });
  }
});
