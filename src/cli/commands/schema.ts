import { type Command, Option } from 'commander';
import { type SchemaInferOptions, schemaInfer } from '../../operations/schema-infer.ts';
import { SHOWN_SCHEMA_FORMATS, schemaShow } from '../../operations/schema-show.ts';
import { schemaUpdate } from '../../operations/schema-update.ts';
import type { Anomaly } from '../../schema/anomaly.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { type CommonOptions, defineCommand, offlineOption, type RunCommand } from '../command.ts';
import { withClusterOptions, withEngineOptions } from '../report-options.ts';

export function command(run: RunCommand): Command {
  return defineCommand(
    'schema',
    'Writes and maintains what a dataset should look like, beside it in <dataset>.schema.yaml.',
    [
      ['varve schema infer data/flights.csv', 'writes a first schema, to be read and tightened'],
      ['varve schema update data/flights.csv', 'relaxes it by the least that accepts the data as it is'],
    ],
  )
    .addCommand(infer(run))
    .addCommand(show(run))
    .addCommand(update(run));
}

function infer(run: RunCommand): Command {
  const defined = defineCommand(
    'infer',
    'Writes the schema that one or several datasets bear out, beside the first.',
    [
      ['varve schema infer data/flights.csv', 'writes data/flights.csv.schema.yaml'],
      ['varve schema infer data/flights.csv data/flights.csv@v1', 'one that both versions satisfy'],
      ['varve schema infer data/flights.csv --explain', 'with comments that say why each line is there'],
      [
        'varve schema infer data/flights.csv --format tfdv --output schema.pbtxt',
        'as TensorFlow Data Validation reads it',
      ],
      ['varve schema infer data/flights.csv --from croissant.json', 'what metadata says, without the data'],
      ['varve schema infer data/raw --engine local', 'of data in a bucket that nobody has read'],
    ],
  )
    .argument('<dataset...>', 'paths, path@REV, plain files or folders, or quoted patterns')
    .addOption(formatOption())
    .option('--output <file>', 'another place')
    .option('--force', 'replace a schema that is there')
    .option('--strict', 'allow only what the data has: no other value, number or share of nulls')
    .option(
      '--from <file>',
      'take what Croissant, or constraints.json or statistics.json of SageMaker says, in place of the data',
    )
    .option('--explain', 'say above each feature why it has its constraints, as comments')
    .addOption(offlineOption());
  return withClusterOptions(withEngineOptions(defined), 'local').action(
    (datasets: string[], options: CommonOptions & SchemaInferOptions) =>
      run(options, async (io) => {
        const result = await schemaInfer(io.cwd, datasets, options, io);
        const facts = `${counted(result.features, 'feature')}${result.tables > 1 ? ` of ${result.tables} tables` : ''}`;
        return {
          json: result,
          text: `Wrote ${neutral(result.path)}: ${facts}. Read it, tighten it, and commit it.`,
        };
      }),
  );
}

function show(run: RunCommand): Command {
  return defineCommand('show', 'Prints the schema of a dataset after checking it.', [
    ['varve schema show data/flights.csv', 'as YAML'],
    ['varve schema show data/flights.csv --format tfdv > schema.pbtxt', 'for TensorFlow Data Validation'],
    [
      'varve schema show data/flights.csv --format sagemaker > constraints.json',
      'for SageMaker Model Monitor',
    ],
    ['varve schema show data/flights.csv --schema schema.pbtxt', 'one of its schemas, as YAML'],
  ])
    .argument('<dataset>', 'path, or a plain file or folder')
    .option('--schema <file>', 'another schema than <dataset>.schema.yaml')
    .addOption(formatOption(SHOWN_SCHEMA_FORMATS))
    .action((dataset: string, options: CommonOptions & Parameters<typeof schemaShow>[2]) =>
      run(options, async (io) => {
        const result = await schemaShow(io.cwd, dataset, options, io);
        return { json: result, text: result.text };
      }),
    );
}

function update(run: RunCommand): Command {
  const defined = defineCommand(
    'update',
    'Relaxes the schema by the least that accepts the dataset, and shows the change. Comments stay.',
    [
      ['varve schema update data/flights.csv', 'changes the file; review it with git diff'],
      ['varve schema update data/flights.csv --dry-run', 'shows what would change'],
    ],
  )
    .argument('<dataset>', 'path, path@REV, or a plain file or folder')
    .option('--schema <file>', 'another schema than <dataset>.schema.yaml')
    .option('--dry-run', 'write nothing')
    .addOption(offlineOption());
  return withClusterOptions(withEngineOptions(defined), 'local').action(
    (dataset: string, options: CommonOptions & Parameters<typeof schemaUpdate>[2]) =>
      run(options, async (io) => {
        const result = await schemaUpdate(io.cwd, dataset, options, io);
        if (result.left.length > 0)
          io.note('Left to you, since no constraint is loosened for it:', ...result.left.map(leftOver));
        const { path, changes, diff, left } = result;
        const unchanged = `${neutral(path)} ${left.length === 0 ? 'accepts the data as it is' : 'stays as it is'}.`;
        return {
          json: result,
          text: changes.length === 0 ? unchanged : diff.split('\n').map(neutral).join('\n'),
        };
      }),
  );
}

function leftOver({ feature, short, observed }: Anomaly): string {
  return `  ${feature === '' ? '' : `${feature}: `}${short}: ${observed}`;
}

function formatOption(formats: readonly string[] = ['yaml', 'tfdv']): Option {
  const service = formats.includes('sagemaker') ? ', or of SageMaker Model Monitor' : '';
  return new Option('--format <format>', `YAML, or the text format of TensorFlow Data Validation${service}`)
    .choices(formats)
    .default('yaml');
}
