import type { Command } from 'commander';
import type { VerifyResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { verify } from '../../operations/verify.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted, grouped } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

type Options = CommonOptions & { readonly remote?: string; readonly complete?: true };

/** The most lines about what is absent; more are counted. `--json` lists them all. */
const MAX_ABSENT = 20;

export function command(run: RunCommand): Command {
  return defineCommand(
    'verify',
    'Reads every byte of the cache, or of a remote, and checks it. Exit 1 where anything is damaged.',
    [
      ['varve verify', 'the cache of this clone'],
      ['varve verify --remote origin', 'what was pushed there'],
      ['varve verify --remote origin --complete', 'and that every version of every branch is there'],
    ],
  )
    .option('--remote <name>', 'check this remote, not the cache')
    .option('--complete', 'exit 1 also where something was never fetched, or never pushed')
    .action((options: Options) =>
      run(options, async ({ cwd, signal, onProgress, onWarning }) => {
        const result = await verify(await openContext(cwd, { signal, onProgress, onWarning }), options);
        const isAsked = result.damage.length > 0 || (options.complete && result.absent.length > 0);
        return { json: result, text: describe(result), exitCode: isAsked ? 1 : 0 };
      }),
    );
}

type Touched = VerifyResult['absent'][number];

function describe(result: VerifyResult): string {
  return [...damageLines(result), ...absentLines(result), ...inPlaceLines(result)].map(neutral).join('\n');
}

function damageLines({ remote, damage, checkedBytes, objects }: VerifyResult): string[] {
  const place = remote === null ? 'The cache' : `${remote.name} (${remote.url})`;
  const checked = `${counted(objects, 'file')}, ${byteSize(checkedBytes)} checked`;
  if (damage.length === 0) return [`${place} is whole: ${checked}.`];
  const isOpen = damage.some(({ repaired }) => !repaired);
  return [
    `${place} ${isOpen ? 'is' : 'was'} damaged: ${checked}.`,
    ...damage.flatMap(({ key, problem, roots, repaired, remedy }) => [
      `${key}: ${problem}`,
      ...roots.map((touched) => `  touches ${described(touched)}`),
      `  ${repaired ? 'Repaired. ' : ''}${remedy}`,
    ]),
  ];
}

function absentLines({ remote, absent }: VerifyResult): string[] {
  if (absent.length === 0) return [];
  const [what, remedy] =
    remote === null
      ? ['Not in the cache, since it was not fetched or was never here', 'varve fetch --all-commits']
      : [`Not on ${remote.name}, since it was not pushed`, 'varve push --all-commits'];
  const rest = absent.length - MAX_ABSENT;
  return [
    `${what} (\`${remedy}\` brings what there is):`,
    ...absent.slice(0, MAX_ABSENT).map((touched) => `  ${described(touched)}`),
    ...(rest > 0 ? [`  and ${grouped(rest)} more`] : []),
  ];
}

function inPlaceLines({ inPlace = [] }: VerifyResult): string[] {
  return inPlace.map(
    ({ path, url }) => `Not asked: ${url}, where ${path} lies; a pull checks what it reads.`,
  );
}

function described({ path, digest, files }: Touched): string {
  const named = files.slice(0, MAX_ABSENT).join(', ');
  const rest = files.length > MAX_ABSENT ? ` and ${grouped(files.length - MAX_ABSENT)} more` : '';
  return `${path} (${digest.slice(0, 19)}): ${files.length === 0 ? 'all of it' : named + rest}`;
}
