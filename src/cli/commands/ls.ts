import type { Command } from 'commander';
import { type ListedDataset, type ListedFile, type ListResult, list } from '../../operations/list.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';

interface Options extends CommonOptions {
  readonly recursive?: true;
  readonly repository?: string;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'ls',
    'Lists datasets, or the files within one, with their sizes and rows, as a version has them. No data need be here.',
    [
      ['varve ls', 'the datasets here'],
      ['varve ls v1.0', 'those of a tag'],
      ['varve ls v1.0 data/images', 'what that version of a dataset holds'],
      ['varve ls -R data/images/cats', 'every file in a folder of a dataset'],
      ['varve ls --repository https://example.org/team/data.git', 'the datasets of another repository'],
    ],
  )
    .argument('[rev-or-path...]', 'a revision, then datasets, or files and folders within; also as path@REV')
    .option('-R, --recursive', 'list every file, at any depth')
    .option('--repository <address>', 'of another repository, as git clone takes it')
    .action((words: string[], { json, ...options }: Options) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning, note }) => {
        const result = await list(cwd, words, options, { signal, onProgress, onWarning });
        const none = result.problems === undefined ? 'There are no datasets.' : '';
        return withProblems({ note }, result.problems, { json: result, text: describe(result) || none });
      }),
    );
}

function describe({ datasets, files }: ListResult): string {
  const within = new Set(
    datasets.filter(({ path }) => files.some((file) => file.path.startsWith(`${path}/`))),
  );
  const rows = [...datasets.filter((dataset) => !within.has(dataset)).map(datasetRow), ...files.map(fileRow)];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      ([size, amount, path]) =>
        `${size!.padStart(widths[0]!)}  ${amount!.padStart(widths[1]!)}  ${neutral(path!)}`,
    )
    .join('\n');
}

function datasetRow({ path, kind, bytes, files, rows }: ListedDataset): string[] {
  const amount = rows === undefined ? counted(files, 'file') : counted(rows, 'row');
  return [byteSize(bytes), amount, kind === 'directory' ? `${path}/` : path];
}

function fileRow({ path, kind, bytes, files }: ListedFile): string[] {
  const isFolder = kind === 'directory';
  return [
    bytes === undefined ? '' : byteSize(bytes),
    isFolder ? counted(files, 'file') : '',
    isFolder ? `${path}/` : path,
  ];
}
