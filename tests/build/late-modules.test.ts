import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lateModules } from '../../scripts/build/late-modules.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-late-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program prints as JSON, once bundled as the command line is. */
async function printed(source: string): Promise<unknown> {
  const file = join(folder, 'program.cjs');
  await build({
    stdin: { contents: source, resolveDir: folder },
    outfile: file,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [lateModules],
  });
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }));
}

const LOADED = 'process.moduleLoadList.some((name) => name === "NativeModule child_process")';

test('a module is loaded when one of its exports is used, and not before', async () => {
  const source = `import { execFileSync } from 'node:child_process';
    const before = ${LOADED};
    const out = String(execFileSync(process.execPath, ['-p', '1']));
    console.log(JSON.stringify([before, out, ${LOADED}]));`;
  expect(await printed(source)).toEqual([false, '1\n', true]);
});

test('promisify finds what the functions of child_process bring for it, so that standard output is not lost', async () => {
  // As @aws-sdk/credential-provider-process runs credential_process.
  const source = `import { exec, execFile } from 'node:child_process';
    import { promisify } from 'node:util';
    const all = [promisify(exec)('echo said'), promisify(execFile)(process.execPath, ['-p', '"filed"'])];
    Promise.all(all).then((results) => console.log(JSON.stringify(results)));`;
  expect(await printed(source)).toEqual([
    { stdout: 'said\n', stderr: '' },
    { stdout: 'filed\n', stderr: '' },
  ]);
});

test('classes, constants and properties of functions are those of the module, however it is imported', async () => {
  writeFileSync(
    join(folder, 'required.cjs'),
    "exports.is = require('node:crypto').createHash === process.getBuiltinModule('node:crypto').createHash",
  );
  const source = `import { constants, Hash, createHash } from 'node:crypto';
    import os from 'node:os';
    import * as files from 'node:fs/promises';
    import { is } from './required.cjs';
    class Child extends Hash {}
    console.log(JSON.stringify([
      typeof constants.RSA_PKCS1_PADDING, createHash('sha256') instanceof Hash, Child.prototype instanceof Hash,
      os.EOL, typeof files.constants.O_RDONLY, files.readFile === process.getBuiltinModule('node:fs/promises').readFile, is,
    ]));`;
  expect(await printed(source)).toEqual(['number', true, true, '\n', 'number', true, true]);
});
