import type { Command } from 'commander';
import type { DatasetState, DatasetStatus, StatusResult } from '../../operations/backend/results.ts';
import { openContext } from '../../operations/context/open.ts';
import { remoteStatus } from '../../operations/remote-status.ts';
import { status } from '../../operations/status.ts';
import { neutral } from '../../wording/neutral.ts';
import { shellWord } from '../../wording/quote.ts';
import { changeLines } from '../change-lines.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { type Paint, painter } from '../terminal/text.ts';
import { remoteStatusLines } from '../transfer-options.ts';

export function command(run: RunCommand): Command {
  return defineCommand('status', 'Shows which data has changed since its last snapshot.', [
    ['varve status', 'looks at every dataset'],
    ['varve status data/flights.csv --json', 'one dataset, for a script'],
    ['varve status --remote', 'is every version pushed? Exit code 1 where one is not, for CI'],
  ])
    .argument('[path...]', 'datasets, or folders that hold some')
    .option('--remote [name]', 'name what a remote lacks (the default one, if none is named): of all commits')
    .action((paths: string[], options: CommonOptions & { readonly remote?: string | true }) =>
      run(options, async ({ cwd, signal, onProgress, onWarning, colours }) => {
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
        return { json: result, text: describe(result, painter(colours)) };
      }),
    );
}

function describe({ datasets, unfinished = [] }: StatusResult, paint: Paint): string {
  const left = unfinished.map(
    (path) =>
      `unfinished ${neutral(path)}  (a killed command left it, it is no data: \`varve checkout\` removes it)`,
  );
  return [describeDatasets(datasets, paint), ...left].join('\n');
}

function describeDatasets(datasets: readonly DatasetStatus[], paint: Paint): string {
  if (datasets.length === 0) return 'No datasets yet: `varve add PATH` makes one.';
  const changed = datasets.filter(({ state }) => state !== 'unchanged');
  if (changed.length === 0) {
    return `${datasets.length === 1 ? '1 dataset' : `${datasets.length} datasets`}, nothing changed.`;
  }
  return changed.map((dataset) => paragraph(dataset, paint)).join('\n');
}

/** The next step to take. It names the dataset, so that it does nothing to others. */
function adviceOn(state: DatasetState, path: string, pointerMoved = false): string {
  if (state === 'outdated') return `the pointer names another snapshot: \`varve checkout ${path}\` brings it`;
  if (state === 'missing') return `\`varve pull ${path}\` brings the data`;
  if (pointerMoved)
    return `and the pointer names another snapshot: \`varve checkout ${path}\` brings it and keeps your edits, then save them with \`varve add ${path}\``;
  return `save with \`varve add ${path}\`, or give up with \`varve checkout --force ${path}\``;
}

function paragraph({ path, kind, state, changes, pointerMoved }: DatasetStatus, paint: Paint): string {
  const advice = neutral(adviceOn(state, shellWord(path), pointerMoved));
  const head = `${paint('yellow', state.padEnd(9))}  ${neutral(path)}  (${advice})`;
  return [head, ...(kind === 'file' ? [] : changeLines(changes, paint))].join('\n');
}
