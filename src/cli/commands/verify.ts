import type { Command } from 'commander';
import type { VerifyResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { verify } from '../../operations/verify.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type Run } from '../command.ts';
import { printable } from '../terminal/text.ts';

export function command(run: Run): Command {
  return defineCommand(
    'verify',
    'Reads every byte of the cache, or of a remote, and checks it. Exit 1 where anything is damaged.',
    [
      ['varve verify', 'the cache of this clone'],
      ['varve verify --remote origin', 'what was pushed there'],
    ],
  )
    .option('--remote <name>', 'check this remote, not the cache')
    .action((options: CommonOptions & { remote?: string }) =>
      run(options, async ({ cwd, signal, onProgress }) => {
        const result = await verify(await openContext(cwd, { signal, onProgress }), options);
        return { json: result, text: describe(result), exitCode: result.damage.length > 0 ? 1 : 0 };
      }),
    );
}

function describe({ remote, damage, checkedBytes, objects, inPlace = [] }: VerifyResult): string {
  const stays = inPlace.map(
    ({ path, url }) => `Not asked: ${url}, where ${path} lies; a pull checks what it reads.`,
  );
  const place = remote === null ? 'The cache' : printable(`${remote.name} (${remote.url})`);
  const checked = `${counted(objects, 'file')}, ${byteSize(checkedBytes)} checked`;
  if (damage.length === 0) return [`${place} is whole: ${checked}.`, ...stays.map(printable)].join('\n');
  const lines = damage.flatMap(({ key, problem, roots, remedy }) => [
    `${key}: ${problem}`,
    ...roots.map(
      ({ path, digest, files }) =>
        `  touches ${path} (${digest.slice(0, 19)}): ${files.length === 0 ? 'all of it' : files.join(', ')}`,
    ),
    `  ${remedy}`,
  ]);
  return printable([`${place} is damaged: ${checked}.`, ...lines, ...stays].join('\n'));
}
