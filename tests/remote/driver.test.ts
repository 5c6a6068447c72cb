import { expect, test } from 'vitest';
import { driver } from '../../src/remote/bucket/driver.ts';

test('a package that is not installed is named, with a command that installs it when it is typed', async () => {
  const missing = 'a-package-that-nobody-has-installed';
  const refusal = driver('gs', ['@google-cloud/storage', '@azure/identity'], () => import(missing));
  const error = await refusal.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'driver-missing', path: '@google-cloud/storage' });
  expect((error as Error).message).toContain('need @google-cloud/storage and @azure/identity');
  const { remedy } = error as { remedy: string };
  const commands = [...remedy.matchAll(/`([^`]*)`/g)].map(([, command]) => command);
  expect(commands).toEqual([
    'npm install @google-cloud/storage @azure/identity',
    'npm install --global @google-cloud/storage @azure/identity',
  ]);
});

test('what a package itself fails with is no missing package', async () => {
  const broken = () => Promise.reject(new TypeError('broken'));
  await expect(driver('gs', ['@google-cloud/storage'], broken)).rejects.toThrow('broken');
});
