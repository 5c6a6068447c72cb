import { join, relative } from 'node:path';
import type { Command } from 'commander';
import type { TakenDataset, UpdatedTable } from '../../operations/backend/results.ts';
import type { Context } from '../../operations/context/context.ts';
import { openContext } from '../../operations/context/open.ts';
import { addCommand } from '../../operations/datasets/add-command.ts';
import type { UpdatedDataset, UpdateResult } from '../../operations/import.ts';
import { update } from '../../operations/import.ts';
import { neutral } from '../../wording/neutral.ts';
import { byteSize, counted, grouped } from '../../wording/numbers.ts';
import { optionWord, quoted, shellWord } from '../../wording/quote.ts';
import { describeUrl } from '../../wording/urls.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { withProblems } from '../problems.ts';
import { rowFacts } from '../row-facts.ts';
import { preferred, type SideOptions, withSides } from './checkout.ts';
import { importedLine } from './import.ts';

type Options = CommonOptions & SideOptions & { readonly revision?: string };

export function command(run: RunCommand): Command {
  const defined = defineCommand(
    'update',
    'Brings imported datasets to what the revision that they follow has now, copies of rows to what their database has, messages of a topic to its end, or to that of the range that was added, and tables in place to their newest version, or to that of the branch that was named. What was edited here is not lost.',
    [
      ['varve update', 'all that was imported, or taken from a database or a topic, and all tables in place'],
      ['varve update data/orders.parquet', 'asks the database again that `varve add mysql://…` asked'],
      ['varve update data/events', 'takes the messages of the topic that came since'],
      [
        'varve update data/trips',
        'the newest version of the Delta or Iceberg table that was added in place; one that was added by --at VERSION is left',
      ],
      ['varve update data/flights.csv --revision v3.0', 'follows another tag or branch from now on'],
    ],
  )
    .argument(
      '[path...]',
      'datasets that were imported, or taken from a database or a topic, tables in place, or folders that hold some',
    )
    .option('--revision <rev>', 'follow this revision of the other repository');
  return withSides(defined).action((paths: string[], options: Options) =>
    run(options, async ({ cwd, signal, onProgress, onWarning, note }) => {
      const context = await openContext(cwd, { signal, onProgress, onWarning });
      const { revision, force } = options;
      const result = await update(context, paths, { revision, force, prefer: preferred(options) });
      const text = result.datasets
        .map((dataset) => updatedLine(dataset, cwd, context.repository.root))
        .join('\n');
      const none = result.problems === undefined ? nothingFollowed(context, result) : '';
      return withProblems({ note }, result.problems, { json: result, text: text || none });
    }),
  );
}

const MAX_NAMED = 5;

/** Say what an update is of, or what brings to date that no update is of. */
function nothingFollowed({ repository, cwd }: Context, { inPlace }: UpdateResult): string {
  const nothing = 'Nothing here follows another repository, a database, a topic or a table in place';
  if (inPlace.length === 0) return `${nothing}: \`varve import\` makes such a dataset.`;
  const commands = inPlace.slice(0, MAX_NAMED).map(({ path, source }) => {
    const to = relative(cwd, join(repository.root, path));
    return neutral(`  varve add ${shellWord(source)} --to ${shellWord(to)}`);
  });
  const more = inPlace.length - commands.length;
  return [
    `${nothing}. Data in place is brought to what lies there now by adding it again:`,
    ...commands,
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join('\n');
}

function updatedLine(dataset: UpdatedDataset, cwd: string, root: string): string {
  if ('source' in dataset) {
    const line = tableLine(dataset);
    return dataset.table.at === undefined
      ? line
      : `${line}\n${stayLine(dataset, dataset.table.at, relative(cwd, join(root, dataset.to)))}`;
  }
  if (!('database' in dataset || 'topic' in dataset)) return importedLine(dataset);
  const { to, rows, bytes, change } = dataset;
  const facts = [...(rows === undefined ? [] : [counted(rows, 'row')]), byteSize(bytes)];
  const from =
    'topic' in dataset
      ? describeUrl(dataset.topic)
      : `${dataset.table ?? 'a query'} of ${describeUrl(dataset.database)}`;
  const line = neutral(`${change.padEnd(9)}  ${to}  ${facts.join(', ')}, ${from}`);
  return 'topic' in dataset && dataset.complete
    ? `${line}\n${endLine(dataset, relative(cwd, join(root, to)))}`
    : line;
}

/** Say why nothing more comes, and what to do if more is wanted. @param folder as a command takes it here */
function endLine({ topic, registry, until }: TakenDataset, folder: string): string {
  const command = addCommand(topic, { registry, until: 'latest', to: folder });
  return neutral(`           has all up to its end, ${until}; to go on behind it, run \`${command}\``);
}

/** Say why no newer version came, and what brings it. @param at what was named @param folder as a command takes it here */
function stayLine({ source, profile }: UpdatedTable, at: string, folder: string): string {
  const statistics = profile === undefined ? '' : ' --statistics full';
  const command = `varve add ${shellWord(source)} --to ${shellWord(folder || '.')}${statistics}`;
  return neutral(
    `           stays as \`${optionWord('at', at)}\` named it; for the newest version, which updates then follow, run \`${command}\``,
  );
}

function tableLine({
  to,
  files,
  bytes,
  rows,
  statistics,
  change,
  table,
  before,
  added,
  removed,
  source,
}: UpdatedTable): string {
  const counting = rowFacts({ rows, statistics })
    .map((fact) => `${fact}, `)
    .join('');
  const versions = table.version === before ? table.version : `${before} → ${table.version}`;
  const difference =
    added === undefined || removed === undefined ? '' : ` (+${grouped(added)} −${grouped(removed)})`;
  const branch = table.branch === undefined ? '' : `the branch ${quoted(table.branch)} of `;
  return neutral(
    `${change.padEnd(9)}  ${to}  ${counting}${counted(files, 'file')}${difference}, ${byteSize(bytes)}, version ${versions} of ${branch}${describeUrl(source)}`,
  );
}
