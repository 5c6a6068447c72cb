import { existsSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { writeAtomically } from '../base/files/atomic-write.ts';
import { VarveError } from '../errors.ts';
import type { DescribedData } from '../schema/croissant/schema-from.ts';
import { stringifySchema } from '../schema/format/stringify.ts';
import { inferSchema } from '../schema/infer.ts';
import type { Schema } from '../schema/model.ts';
import { schemaFromSource } from '../schema/source.ts';
import { schemaToPbtxt } from '../schema/tfdv/schema-to.ts';
import { shellWord } from '../wording/quote.ts';
import type { Watch } from './context/context.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import { checkOutputPlace } from './datasets/output-place.ts';
import { type NamedDataset, schemaPathOf } from './datasets/resolve.ts';
import { profileOfDataset } from './statistics/load.ts';
import { type ComputingOptions, computingOptions } from './statistics/profiling-options.ts';
import { asPbtxt, readSchema, readSchemaSource, type SchemaFile } from './statistics/schema-file.ts';
import { warnOfUnreadRows } from './statistics/unread-rows.ts';

export type SchemaFormat = 'yaml' | 'tfdv';

export interface SchemaInferOptions extends ComputingOptions {
  /** Where to write; beside the data unless given. */
  readonly output?: string | undefined;
  readonly format?: SchemaFormat | undefined;
  /** Replace a schema that is there. */
  readonly force?: boolean | undefined;
  /** Allow only what the data has: no value, number or null beyond it. Default false. */
  readonly strict?: boolean | undefined;
  /** Write above each feature why it has its constraints, as comments. Default false. */
  readonly explain?: boolean | undefined;
  /** Take what a document says in place of the data, which is not read: metadata of Croissant, or `constraints.json` or `statistics.json` of SageMaker. */
  readonly from?: string | undefined;
}

export interface SchemaInferResult {
  /** Where it was written. */
  readonly path: string;
  readonly text: string;
  readonly tables: number;
  readonly features: number;
}

/**
 * Write the schema that datasets bear out: of several, one that each of them satisfies. It lies beside the first.
 * @throws VarveError `schema-exists`, since a schema that people have edited is not replaced unasked; `output-exists`, `output-reserved`,
 * `symlink-refused`, `schema-source-invalid`
 */
export async function schemaInfer(
  cwd: string,
  datasets: readonly string[],
  options: SchemaInferOptions = {},
  watch: Watch = {},
): Promise<SchemaInferResult> {
  return withNamedDatasets(cwd, datasets, watch, (named) => inferFrom(cwd, datasets, named, options));
}

async function inferFrom(
  cwd: string,
  arguments_: readonly string[],
  datasets: readonly NamedDataset[],
  options: SchemaInferOptions,
): Promise<SchemaInferResult> {
  const file = placeOf(datasets[0]!, cwd, options);
  await checkOutputPlace(cwd, file.name, 'schema');
  if (existsSync(file.absolutePath) && !options.force)
    throw isSchema(file, options) ? exists(file.name, arguments_[0]!, options) : noSchema(file.name);
  const schema = await schemaOf(cwd, datasets, options);
  const text = options.format === 'tfdv' ? schemaToPbtxt(schema) : stringifySchema(schema);
  writeAtomically(file.absolutePath, [Buffer.from(text)]);
  const features = schema.tables.reduce((sum, table) => sum + table.features.length, 0);
  return { path: file.name, text, tables: schema.tables.length, features };
}

async function schemaOf(
  cwd: string,
  datasets: readonly NamedDataset[],
  { from, strict = false, explain = false, ...others }: SchemaInferOptions,
): Promise<Schema> {
  if (from !== undefined) return schemaFromDocument(cwd, datasets, { from, strict, explain });
  const profiles = [];
  for (const dataset of datasets) {
    const { profile } = await profileOfDataset(dataset, computingOptions(others));
    await warnOfUnreadRows(dataset, profile);
    profiles.push(profile);
  }
  return inferSchema(profiles, { strict, explain });
}

function schemaFromDocument(
  cwd: string,
  [dataset, ...others]: readonly NamedDataset[],
  { from, strict, explain }: { readonly from: string; readonly strict: boolean; readonly explain: boolean },
): Schema {
  if (others.length > 0 || strict) {
    throw new VarveError('usage', '`--from` takes one dataset, and goes without `--strict`', {
      path: from,
      remedy: 'The document says what holds; the data is not read.',
    });
  }
  return schemaFromSource(readSchemaSource(cwd, from), from, describedData(dataset!), explain);
}

function describedData(dataset: NamedDataset): DescribedData {
  const path = schemaPathOf(dataset).replace(/\.schema\.yaml$/, '');
  const kind = dataset.version?.kind ?? (statSync(path).isDirectory() ? 'directory' : 'file');
  return { path: relative(dataset.context?.repository.root ?? dataset.cwd, path), kind };
}

function placeOf(dataset: NamedDataset, cwd: string, { output, format }: SchemaInferOptions): SchemaFile {
  if (output === undefined && dataset.part !== undefined) throw noPlace(dataset.name, dataset.part.dataset);
  if (output === undefined && dataset.isForNow) throw nowhere(dataset.name);
  const own = schemaPathOf(dataset);
  const absolutePath = output === undefined ? (format === 'tfdv' ? asPbtxt(own) : own) : resolve(cwd, output);
  return { name: output ?? (relative(cwd, absolutePath) || absolutePath), absolutePath };
}

/** Beside the data, it would be a part of it, and Git would not see it. */
function noPlace(name: string, dataset: string): VarveError {
  return new VarveError('usage', `${name} is a part of ${dataset}, so its schema cannot lie beside it`, {
    path: name,
    remedy: 'Say where by `--output`, and name that file by `--schema` when you validate.',
  });
}

function nowhere(name: string): VarveError {
  return new VarveError('usage', `${name} lies in no folder, so its schema cannot lie beside it`, {
    path: name,
    remedy: 'Say where by `--output FILE`, and name that file by `--schema` when you validate.',
  });
}

/** Beside the data lies a schema, whatever it says now. */
function isSchema(file: SchemaFile, { output }: SchemaInferOptions): boolean {
  if (output === undefined) return true;
  try {
    return readSchema(file).varveSchema === 1;
  } catch {
    return false;
  }
}

function noSchema(path: string): VarveError {
  return new VarveError('output-exists', `Something lies at ${path} already, and it is no schema`, {
    path,
    remedy:
      'Name another file by `--output`. With `--force` a schema takes its place, and what it says is lost.',
  });
}

function exists(path: string, dataset: string, { output }: SchemaInferOptions): VarveError {
  const word = `${shellWord(dataset)}${output === undefined ? '' : ` --schema ${shellWord(output)}`}`;
  return new VarveError('schema-exists', `There is a schema at ${path} already`, {
    path,
    remedy: `Run \`varve schema update ${word}\` to let it accept new data. With \`--force\` it is written anew, without what people wrote in it.`,
  });
}
