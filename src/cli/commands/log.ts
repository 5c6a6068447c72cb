import type { Command } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { type LoggedVersion, log } from '../../operations/log.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { rowFacts } from '../row-facts.ts';
import { type Paint, painter } from '../terminal/text.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'log',
    'Shows the versions of a dataset over the history of Git, newest first, also from before it was renamed.',
    [
      ['varve log data/flights.csv', 'every commit that changed it'],
      ['varve log data/flights.csv --revision v2.0', 'as that tag reaches them'],
    ],
  )
    .argument('<path>', 'a dataset, also one that is gone')
    .option('--revision <rev>', 'begin at this revision', 'HEAD')
    .action((path: string, options: CommonOptions & { revision: string }) =>
      run(options, async ({ cwd, colours }) => {
        const result = await log(await openContext(cwd), path, options.revision);
        return {
          json: result,
          text: result.versions.map((version) => line(version, painter(colours))).join('\n'),
        };
      }),
    );
}

function line(version: LoggedVersion, paint: Paint): string {
  const { commit, date, author, subject, snapshot, path, renamedFrom, renamedTo } = version;
  const facts =
    snapshot === null
      ? [renamedTo === undefined ? 'removed' : `renamed to ${neutral(renamedTo)}`]
      : [
          snapshot.digest.replace(/^\w+:/, '').slice(0, 12),
          ...rowFacts(snapshot),
          counted(snapshot.files, 'file'),
          byteSize(snapshot.bytes),
          ...(renamedFrom === undefined ? [] : [`renamed from ${neutral(renamedFrom)} to ${neutral(path)}`]),
        ];
  const head = `${paint('yellow', commit.slice(0, 10))}  ${date.slice(0, 10)}  ${facts.join(', ')}`;
  return `${head}\n    ${neutral(`${subject} (${author})`)}`;
}
