import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { type FoundDigest, type WhichResult, which } from '../../operations/which.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { type Paint, painter } from '../terminal/text.ts';

/** The most commits of one thing that are listed; more are counted. `--json` lists them all. */
const MAX_COMMITS = 10;

export function command(run: RunCommand): Command {
  return defineCommand(
    'which',
    'Finds the datasets, commits and tags that have a digest: what a model was trained on can be found again.',
    [
      ['varve which sha256:9f86d081884c7d65', 'by the first digits of a digest'],
      ['varve which 9f86d081 --files', 'also as a file within folders'],
      [
        'varve which runs:/0a1b2c3d4e5f',
        'what a run of MLflow was trained on, by the server of MLFLOW_TRACKING_URI',
      ],
      ['varve which "$(sha256sum < flights.csv | cut -c-64)"', 'which version a file is'],
    ],
  )
    .argument('<digest>', 'of a dataset, its statistics or a file, 4 digits or more; or a run of MLflow')
    .option('--files', 'look within folders even if a whole dataset has it')
    .action((digest: string, { json, ...options }: CommonOptions & { files?: true }) =>
      run({ ...(json && { json }) }, async ({ cwd, signal, onProgress, onWarning, colours }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const result = await which(context, digest, options);
        return { json: result, text: describe(result, painter(colours)) };
      }),
    );
}

function describe({ found, notSearched }: WhichResult, paint: Paint): string {
  const rest =
    notSearched === 0
      ? []
      : [
          `The files of ${counted(notSearched, 'version')} are not known here: \`varve fetch --all-commits\` brings them.`,
        ];
  return [...found.map((one) => paragraph(one, paint)), ...rest].join('\n');
}

function paragraph(found: FoundDigest, paint: Paint): string {
  const { path, file, what, digest, commits, tags, branches, isHere } = found;
  const name = paint('bold', neutral(file === undefined ? path : `${path}/${file}`));
  const role = { dataset: '', profile: '  (statistics)', file: `  (a file of ${neutral(path)})` }[what];
  const rest = commits.length - MAX_COMMITS;
  return [
    `${name}  ${digest}${role}`,
    ...(isHere ? ['  here, in the working tree'] : []),
    ...named('tags', tags),
    ...named('branches', branches),
    ...commits
      .slice(0, MAX_COMMITS)
      .map(
        ({ commit, date, subject, author }) =>
          `  ${paint('yellow', commit.slice(0, 10))}  ${date.slice(0, 10)}  ${neutral(`${subject} (${author})`)}`,
      ),
    ...(rest > 0 ? [`  and ${counted(rest, 'commit')} more`] : []),
  ].join('\n');
}

function named(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`  ${what}: ${names.map(neutral).join(', ')}`];
}
