import type { Command } from 'commander';
import type { DatasetState, DatasetStatus, StatusResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { remoteStatus } from '../../operations/remote-status.ts';
import { status } from '../../operations/status.ts';
import { neutral } from '../../wording/neutral.ts';
import { shellWord } from '../../wording/quote.ts';
import { changeLines } from '../change-lines.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';
import { type Paint, painter } from '../terminal/text.ts';
import { remoteStatusLines } from '../transfer-options.ts';

/** Parts of a dataset that are named. */
const MAX_PARTS = 5;

export function command(run: RunCommand): Command {
  return defineCommand('status', 'Shows which data has changed since its last snapshot.', [
    ['varve status', 'looks at every dataset'],
    ['varve status data/flights.csv --json', 'one dataset, for a script'],
    ['varve status --remote', 'is every version pushed? Exit code 1 where one is not, for CI'],
  ])
    .argument('[path...]', 'datasets, or folders that hold some')
    .option('--remote [name]', 'name what a remote lacks (the default one, if none is named): of all commits')
    .action((paths: string[], options: CommonOptions & { readonly remote?: string | true }) =>
      run(options, async ({ cwd, signal, onProgress, onWarning, colours, note }) => {
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        if (options.remote !== undefined) {
          const name = options.remote === true ? undefined : options.remote;
          const found = await remoteStatus(context, paths, name);
          return {
            json: found,
            text: remoteStatusLines(found),
            exitCode: found.lacking.length === 0 ? 0 : 1,
          };
        }
        const result = await status(context, paths);
        return withProblems({ note }, result.problems, {
          json: result,
          text: describe(result, painter(colours)),
        });
      }),
    );
}

function describe(
  { datasets, problems = [], withoutPointer = [], notIgnored = [], unfinished = [] }: StatusResult,
  paint: Paint,
): string {
  const left = unfinished.map(
    (path) =>
      `unfinished ${neutral(path)}  (a killed command left it, it is no data: \`varve checkout\` removes it)`,
  );
  const foreign = withoutPointer.map(
    (path) =>
      `foreign    ${neutral(path)}  (data of another commit, no pointer here names it: \`git add -A\` would put it into Git)`,
  );
  const unignored = notIgnored.map(
    (path) =>
      `unignored  ${neutral(`${path}  (\`git add -A\` would put the data into Git: \`varve add ${shellWord(path)}\` makes Git ignore it)`)}`,
  );
  const looked = describeDatasets(datasets, problems.length > 0, paint);
  return [...looked, ...unignored, ...foreign, ...left].join('\n');
}

/** @param hasProblems whether there are datasets that could not be looked at: nothing is said of those */
function describeDatasets(datasets: readonly DatasetStatus[], hasProblems: boolean, paint: Paint): string[] {
  if (datasets.length === 0) return hasProblems ? [] : ['No datasets yet: `varve add PATH` makes one.'];
  const changed = datasets.filter(({ state, only }) => state !== 'unchanged' || only !== undefined);
  if (changed.length > 0) return changed.map((dataset) => paragraph(dataset, paint));
  const noun = `${hasProblems ? 'other ' : ''}dataset${datasets.length === 1 ? '' : 's'}`;
  return [`${datasets.length} ${noun}, nothing changed.`];
}

function firstOf(parts: readonly string[]): string {
  if (parts.length === 0) return 'nothing';
  const more = parts.length > MAX_PARTS ? `, and ${parts.length - MAX_PARTS} more` : '';
  return `${parts.slice(0, MAX_PARTS).join(', ')}${more}`;
}

/** The next step to take. `word` names the dataset, so that it does nothing to others. */
function adviceOn(state: DatasetState | 'partial', word: string, pointerMoved = false): string {
  if (state === 'partial') return `\`varve pull ${word}\` brings the rest`;
  if (state === 'outdated') return `the pointer names another snapshot: \`varve checkout ${word}\` brings it`;
  if (state === 'missing') return `\`varve pull ${word}\` brings the data`;
  if (pointerMoved)
    return `and the pointer names another snapshot: \`varve checkout ${word}\` brings it and keeps your edits, then save them with \`varve add ${word}\``;
  return `save with \`varve add ${word}\`, or give up with \`varve checkout --force ${word}\``;
}

function paragraph(dataset: DatasetStatus, paint: Paint): string {
  const { path, kind, changes, pointerMoved, dataAt, only } = dataset;
  const state = dataset.state === 'unchanged' ? 'partial' : dataset.state;
  const advice = neutral(
    dataAt === undefined
      ? adviceOn(state, shellWord(path), pointerMoved)
      : `its data lies at ${dataAt}: \`varve checkout ${shellWord(path)}\` moves it`,
  );
  const head = `${paint('yellow', state.padEnd(9))}  ${neutral(path)}  (${advice})`;
  const here = only === undefined ? [] : [`  here: ${neutral(firstOf(only))}`];
  return [head, ...here, ...(kind === 'file' ? [] : changeLines(changes, paint))].join('\n');
}
