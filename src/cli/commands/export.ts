import { type Command, Option } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { exportTable } from '../../operations/export-table.ts';
import type { TableFormat } from '../../tables/format.ts';
import { type CommonOptions, defineCommand, type RunCommand } from '../command.ts';
import { tableLines } from '../table-lines.ts';

interface Options extends CommonOptions {
  readonly revs?: readonly string[];
  readonly remote?: string;
  readonly onPush?: true;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'export',
    'Writes the versions of a dataset as a table that engines read in place, on the remote that has the data. Copies no data.',
    [
      ['varve export delta tables/flights data/flights.parquet', 'every version that is committed'],
      ['varve export delta tables/flights data/flights --on-push', 'and from now on, with each push'],
      ['varve export iceberg tables/flights data/flights', 'the same for readers of Iceberg'],
    ],
  )
    .addCommand(withExport(deltaCommand(), 'delta', run))
    .addCommand(withExport(icebergCommand(), 'iceberg', run));
}

function deltaCommand(): Command {
  return defineCommand(
    'delta',
    'Writes a table of Delta Lake: its versions are those of the dataset, its files the Parquet files that the remote has. Adds what the table lacks.',
    [
      [
        'varve export delta tables/flights data/flights',
        'every version that leads to HEAD, the earliest as version 0',
      ],
      ['varve export delta tables/flights data/flights --revs v1.0 v2.0', 'these alone, in this order'],
      [
        'varve export delta tables/flights data/flights --on-push',
        'and new ones with each push, for every clone',
      ],
    ],
  );
}

function icebergCommand(): Command {
  return defineCommand(
    'iceberg',
    'Writes a table of Apache Iceberg: a snapshot for each version of the dataset, of the Parquet files that the remote has. Adds what the table lacks.',
    [
      ['varve export iceberg tables/flights data/flights', 'every version that leads to HEAD'],
      [
        'varve export iceberg tables/flights data/flights --on-push',
        'and new ones with each push, for every clone',
      ],
    ],
  );
}

function withExport(command: Command, format: TableFormat, run: RunCommand): Command {
  return command
    .argument('<remote-path>', 'folder of the table, from that of the remote')
    .argument('<dataset>', 'path of a dataset with Parquet files, or of a folder within one')
    .addOption(new Option('--revs <rev...>', 'revisions of Git, in place of all that changed the dataset'))
    .option('--remote <name>', 'a remote other than the default')
    .option('--on-push', 'write into .varve/config.yaml that every push adds the versions that are new')
    .action((path: string, dataset: string, options: Options) =>
      run(options, async ({ cwd, signal, onProgress, onWarning }) => {
        const { revs, remote, onPush } = options;
        const context = await openContext(cwd, { signal, onProgress, onWarning });
        const result = await exportTable(context, path, dataset, { format, revisions: revs, remote, onPush });
        return { json: result, text: tableLines(result) };
      }),
    );
}
