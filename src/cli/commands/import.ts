import type { Command } from 'commander';
import type { ImportedDataset } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { type ImportOptions, importDataset } from '../../operations/import.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'import',
    'Makes a dataset of one of another repository, at a commit that is pinned. `varve update` follows what becomes of it there.',
    [
      ['varve import https://example.org/team/data.git data/flights.csv', 'as its main branch has it'],
      [
        'varve import git@example.org:team/data.git data/images@v2.0 --to images',
        'as a tag has it, to a place',
      ],
      ['varve import ../data-registry data/flights.csv', 'from a working tree of this machine'],
    ],
  )
    .argument('<repository>', 'its address, as git clone takes it, or the path of a working tree')
    .argument('<path>', 'a dataset there, as path or path@REV')
    .option('--to <path>', 'where it is to lie')
    .action((repository: string, path: string, { json, ...options }: CommonOptions & ImportOptions) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const result = await importDataset(context, repository, path, options);
        return { json: result, text: importedLine(result) };
      }),
    );
}

/** Say what was taken from where. */
export function importedLine(dataset: ImportedDataset): string {
  const { to, files, bytes, change, repository, path, revision = 'its main branch', commit } = dataset;
  const what = `${counted(files, 'file')}, ${byteSize(bytes)}`;
  return neutral(
    `${change.padEnd(9)}  ${to}  ${what}, ${path} of ${repository} as ${revision} has it (${commit.slice(0, 12)})`,
  );
}
