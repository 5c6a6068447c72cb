import { type Command, Option } from 'commander';
import { openContext } from '../../operations/context/open.ts';
import { describe, describeAs } from '../../operations/describe.ts';
import { DESCRIPTION_FORMATS, type DescriptionFormat } from '../../report/standards/formats.ts';
import { neutral } from '../../wording/neutral.ts';
import { type CommonOptions, defineCommand, offlineOption, type RunCommand } from '../command.ts';
import { replaceReport } from '../report-options.ts';

interface Options extends CommonOptions {
  readonly format: DescriptionFormat;
  readonly baseUrl?: string;
  readonly output?: string;
}

export function command(run: RunCommand): Command {
  return defineCommand(
    'describe',
    'Tells the facts of a version of a dataset: digest, size, commit, features, licence. Reads no data.',
    [
      ['varve describe data/flights.csv@v1.0', 'for people; with --json, for programs'],
      [
        'varve describe data/flights.csv --format croissant --output croissant.json',
        'for catalogues, by MLCommons',
      ],
      ['varve describe data/flights.csv --format openlineage', 'an event of OpenLineage'],
      ['varve describe data/flights.csv --format mlflow', 'what a run of MLflow keeps of it'],
      ['varve describe data/flights.csv --format mltable --output MLTable', 'for Azure ML'],
      [
        'varve describe data/flights.csv@v1.0 --format croissant --base-url http://localhost:9000/project/v1.0',
        'with the files at the gateway of varve serve',
      ],
    ],
  )
    .argument('<dataset>', 'path or path@REV')
    .addOption(
      new Option('--format <format>', 'the standard to follow').choices(DESCRIPTION_FORMATS).default('text'),
    )
    .option('--base-url <url>', 'where the files are served: what addresses of files start with')
    .option('--output <file>', 'write it into a file')
    .addOption(offlineOption())
    .action((dataset: string, options: Options) =>
      run(options, async (io) => {
        const { format, baseUrl, output, json } = options;
        const context = await openContext(io.cwd, io);
        if (json && output === undefined) return { json: await describe(context, dataset), text: '' };
        const text = await describeAs(context, dataset, format, { baseUrl });
        if (output === undefined) return { json: undefined, text, isVerbatim: format !== 'text' };
        await replaceReport(io, output, text);
        return { json: { output }, text: neutral(`Wrote ${output}.`) };
      }),
    );
}
