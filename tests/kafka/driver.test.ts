import { expect, test } from 'vitest';
import { loadDriver } from '../../src/kafka/driver.ts';

test('where the package is not installed, it is named, with commands that install it when they are typed', async () => {
  const missing = 'a-package-that-nobody-has-installed';
  const error = await loadDriver(() => import(missing)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'driver-missing', path: 'kafkajs' });
  const commands = [...(error as { remedy: string }).remedy.matchAll(/`([^`]*)`/g)].map(
    ([, command]) => command,
  );
  expect(commands).toEqual(['npm install kafkajs', 'npm install --global kafkajs']);
});

test('what the package itself fails with is no missing package', async () => {
  await expect(loadDriver(() => Promise.reject(new TypeError('broken')))).rejects.toThrow('broken');
});
