import type { Command } from 'commander';
import type { PurgedPlace, PurgeOptions, PurgeResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { purge } from '../../operations/purge.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

const MAX_NAMED = 10;

export function command(run: RunCommand): Command {
  return defineCommand(
    'purge',
    'Removes the bytes of files for good, from the cache here and a remote: a secret, what a person wants gone. Other data stays readable.',
    [
      [
        'varve purge --dry-run data/people/ann.csv@v1',
        'says where its bytes are: exit code 1 if they are anywhere',
      ],
      [
        'varve purge data/people/ann.csv@v1',
        'removes them, and the statistics of all versions that hold the file',
      ],
      [
        'varve purge --cache-only sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        'in another clone',
      ],
    ],
  )
    .argument('<file...>', 'digests, or PATH@REV: a file, or a folder with all files in it')
    .option('--remote <name>', 'a remote other than the default')
    .option('--cache-only', 'purge the cache of this clone, and no remote')
    .option('--force', 'purge also what branches, the index or working trees still name')
    .option('--dry-run', 'remove nothing: say where the bytes are, and exit 1 if they are anywhere')
    .action((files: string[], { json, ...options }: CommonOptions & PurgeOptions) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const result = await purge(context, files, options);
        return {
          json: result,
          text: describe(result),
          exitCode: result.dryRun && result.places.some(({ keys }) => keys.length > 0) ? 1 : 0,
        };
      }),
    );
}

function describe(result: PurgeResult): string {
  const { versions, places, dryRun } = result;
  const lines = [
    ...places.flatMap((place) => placeLines(result, place)),
    ...(versions.length === 0
      ? []
      : [
          dryRun && places.some(({ keys }) => keys.length > 0)
            ? `${counted(versions.length, 'version')} could not be checked out whole any more.`
            : `${counted(versions.length, 'version')} held it and cannot be checked out whole any more.`,
        ]),
    ...(dryRun ? [] : elsewhere(result)),
  ];
  return lines.map(neutral).join('\n');
}

function elsewhere({ digests }: PurgeResult): string[] {
  return [
    'Digests and names stay in the commits of Git. In every other clone, run `varve purge --cache-only DIGEST`, with these:',
    ...digests.map((digest) => `  ${digest}`),
  ];
}

function placeLines({ dryRun }: PurgeResult, place: PurgedPlace): string[] {
  const { remote, keys, copiedBytes, keepsVersions } = place;
  const where = remote === null ? 'The cache' : `${remote.name} (${remote.url})`;
  const mayKeep = keepsVersions ? ' Its bucket keeps old versions, which may hold them still.' : '';
  if (keys.length === 0) return [`${where} holds none of these bytes.${mayKeep}`, ...sharedLines(place)];
  const files = counted(keys.length, 'file');
  return [
    dryRun
      ? `${where} holds them in ${files}.`
      : `${where}: removed ${files} that held them, after ${byteSize(copiedBytes)} of other data were copied out.`,
    ...sharedLines(place),
    ...(keepsVersions
      ? [
          `  The bucket keeps old versions: the bytes stay there until the old versions of these are removed too (\`--json\` has all):`,
          ...keys.slice(0, MAX_NAMED).map((key) => `    ${remote?.url}/${key}`),
        ]
      : []),
  ];
}

function sharedLines({ sharedBytes, sharedWith }: PurgedPlace): string[] {
  if (sharedWith.length === 0) return [];
  const named = sharedWith.slice(0, MAX_NAMED).map(({ path, digest, file }) => {
    return `    ${file === '' ? path : `${path}/${file}`}, of ${digest.slice(0, 19)}`;
  });
  return [
    `  ${byteSize(sharedBytes)} of the same bytes stay, since these have them too. Purge those as well if they may not stay:`,
    ...named,
  ];
}
