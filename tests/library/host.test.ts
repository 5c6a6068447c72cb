import { symlinkSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox().repository().withRemote();
afterAll(() => box.remove());

/**
 * Uses the library twice, and prints what of its process was another before: listeners, environment, flags of V8, exit code,
 * working folder, globals, time zone, prototypes.
 */
const PROGRAM = `
import { writeFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
const look = () => ({
  listeners: Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)])),
  exitListeners: process.listenerCount('exit'),
  env: { ...process.env },
  gc: [typeof globalThis.gc, runInNewContext('typeof gc')],
  execArgv: [...process.execArgv],
  exitCode: process.exitCode,
  cwd: process.cwd(),
  umask: process.umask(),
  title: process.title,
  globals: Object.getOwnPropertyNames(globalThis).sort(),
  stackTraceLimit: Error.stackTraceLimit,
  prepare: typeof Error.prepareStackTrace,
  prototypes: [Object, Array, String, Promise, Buffer].map(({ prototype }) => Reflect.ownKeys(prototype).length),
});
const before = look();
const { openFolder, openRepository } = await import('varve');
const imported = look();
const use = async () => {
  const repo = await openRepository();
  writeFileSync('data.csv', 'a,b\\n' + '1,x\\n2,y\\n'.repeat(500));
  await repo.add('data.csv');
  await repo.status();
  await repo.push();
  await repo.profile('data.csv', { threads: 1 });
  for await (const _ of repo.open('data.csv'));
  await repo.verify();
  await (await openFolder('.')).schema.infer('data.csv', { force: true });
};
// The process that reads data waits some seconds for more work; as long as it lives, an exit of the host ends it.
const atRest = async () => {
  for (let tries = 0; process.listenerCount('exit') > before.exitListeners && tries < 300; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
};
await use();
await atRest();
const once = look();
await use();
await atRest();
console.log(JSON.stringify({ before, imported, once, twice: look() }));
`;

it('changes nothing in the process that it is used in', { timeout: 120_000 }, () => {
  box.write('repo/node_modules/.keep', '');
  symlinkSync(process.cwd(), box.path('repo/node_modules/varve'), 'junction');
  box.write('repo/use.mjs', PROGRAM);
  const { code, out, err } = box.run(process.execPath, ['use.mjs']);
  expect(code, err).toBe(0);
  const { before, imported, once, twice } = JSON.parse(out);
  expect(imported).toEqual(before);
  expect(once).toEqual(before);
  expect(twice).toEqual(before);
});
