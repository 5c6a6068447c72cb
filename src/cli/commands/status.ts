import type { Command } from 'commander';
import type { DatasetState, DatasetStatus, StatusResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { status } from '../../operations/status.ts';
import { neutral } from '../../wording/neutral.ts';
import { shellWord } from '../../wording/quote.ts';
import { changeLines } from '../change-lines.ts';
import { defineCommand, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';
import { type Paint, painter } from '../terminal/text.ts';

/** Parts of a dataset that are named. */
const MAX_PARTS = 5;

export function command(run: RunCommand): Command {
  return defineCommand('status', 'Shows which data has changed since its last snapshot.', [
    ['varve status', 'looks at every dataset'],
    ['varve status data/flights.csv --json', 'one dataset, for a script'],
  ])
    .argument('[path...]', 'datasets, or folders that hold some')
    .action((paths: string[], options) =>
      run(options, async ({ cwd, signal, onProgress, colours, note }) => {
        const result = await status(await openContext(cwd, { signal, onProgress }), paths);
        return withProblems({ note }, result.problems, {
          json: result,
          text: describe(result, painter(colours)),
        });
      }),
    );
}

function describe({ datasets, withoutPointer = [], unfinished = [] }: StatusResult, paint: Paint): string {
  const left = unfinished.map(
    (path) =>
      `unfinished ${neutral(path)}  (a killed command left it, it is no data: \`varve checkout\` removes it)`,
  );
  const foreign = withoutPointer.map(
    (path) =>
      `foreign    ${neutral(path)}  (data of another commit, no pointer here names it: \`git add -A\` would put it into Git)`,
  );
  return [describeDatasets(datasets, paint), ...foreign, ...left].join('\n');
}

function describeDatasets(datasets: readonly DatasetStatus[], paint: Paint): string {
  if (datasets.length === 0) return 'No datasets yet: `varve add PATH` makes one.';
  const changed = datasets.filter(({ state, only }) => state !== 'unchanged' || only !== undefined);
  if (changed.length === 0) {
    return `${datasets.length === 1 ? '1 dataset' : `${datasets.length} datasets`}, nothing changed.`;
  }
  return changed.map((dataset) => paragraph(dataset, paint)).join('\n');
}

function firstOf(parts: readonly string[]): string {
  if (parts.length === 0) return 'nothing';
  const more = parts.length > MAX_PARTS ? `, and ${parts.length - MAX_PARTS} more` : '';
  return `${parts.slice(0, MAX_PARTS).join(', ')}${more}`;
}

/** The next step to take. It names the dataset, so that it does nothing to others. */
function adviceOn(state: DatasetState | 'partial', path: string, pointerMoved = false): string {
  if (state === 'partial') return `\`varve pull ${path}\` brings the rest`;
  if (state === 'outdated') return `the pointer names another snapshot: \`varve checkout ${path}\` brings it`;
  if (state === 'missing') return `\`varve pull ${path}\` brings the data`;
  if (pointerMoved)
    return `and the pointer names another snapshot: \`varve checkout ${path}\` brings it and keeps your edits, then save them with \`varve add ${path}\``;
  return `save with \`varve add ${path}\`, or give up with \`varve checkout --force ${path}\``;
}

function paragraph(dataset: DatasetStatus, paint: Paint): string {
  const { path, kind, changes, pointerMoved, only } = dataset;
  const state = dataset.state === 'unchanged' ? 'partial' : dataset.state;
  const advice = neutral(adviceOn(state, shellWord(path), pointerMoved));
  const head = `${paint('yellow', state.padEnd(9))}  ${neutral(path)}  (${advice})`;
  const here = only === undefined ? [] : [`  here: ${neutral(firstOf(only))}`];
  return [head, ...here, ...(kind === 'file' ? [] : changeLines(changes, paint))].join('\n');
}
