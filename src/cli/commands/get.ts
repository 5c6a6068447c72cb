import { relative } from 'node:path';
import type { Command } from 'commander';
import { get } from '../../operations/get.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { splitRepository } from '../source-options.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'get',
    'Copies a version of a dataset, or a file or folder within one, from this repository or from another.',
    [
      ['varve get data/flights.csv@v1.0 -o old.csv', 'a version beside the one that lies here'],
      ['varve get data/images/cats@main~3', 'a folder of a dataset, into ./cats'],
      ['varve get https://example.org/team/data.git labels.csv@v2', 'from a repository that was not cloned'],
    ],
  )
    .argument('<word...>', 'perhaps another repository, as git clone takes it; then a path, or path@REV')
    .option('-o, --output <path>', 'where to copy it to, or a folder to copy it into')
    .action((words: string[], { json, output }: CommonOptions & { output?: string }) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning }) => {
        const { repository, path } = splitRepository(words);
        const result = await get(cwd, path, { repository, output }, { signal, onProgress, onWarning });
        const where = relative(cwd, result.output);
        const facts = `${counted(result.files, 'file')}, ${byteSize(result.bytes)}`;
        return { json: result, text: neutral(`copied  ${result.path} → ${where}  ${facts}`) };
      }),
    );
}
