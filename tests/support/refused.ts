import { expect } from 'vitest';
import type { Sandbox } from './sandbox.ts';

/** What Git and people can see of a repository, byte by byte: nothing of it may change when a command fails. */
function visible(box: Sandbox, folder: string): string {
  return box.run(
    'sh',
    [
      '-c',
      'find . -path ./.git -prune -o -path ./.varve -prune -o -print0 | sort -z | xargs -0 ls -ld --time-style=+; find . -path ./.git -prune -o -path ./.varve -prune -o -type f -print0 | sort -z | xargs -0 sha256sum',
    ],
    folder,
  ).out;
}

/** Runs what must fail: exit 2, the code and the path in the JSON and in words, and nothing that can be seen has changed. */
export function refused(
  box: Sandbox,
  args: readonly string[],
  code: string,
  path: string,
  folder = 'repo',
  watched = folder,
): string {
  const before = visible(box, watched);
  const result = box.varve([...args, '--json'], folder);
  expect(result.code, result.err + result.out).toBe(2);
  const { error } = JSON.parse(result.out) as { error: Record<string, string> };
  expect(error.code).toBe(code);
  expect(`${error.path} ${error.message}`).toContain(path);
  expect(error.remedy!.length).toBeGreaterThan(10);
  expect(result.err).toContain(error.message);
  expect(result.err).toContain(error.remedy);
  expect(visible(box, watched)).toBe(before);
  return result.err;
}
