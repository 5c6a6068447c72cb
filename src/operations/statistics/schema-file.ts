import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { readTrackedFile } from '../../base/files/tracked-file.ts';
import { VarveError } from '../../errors.ts';
import { parseSchema } from '../../schema/format/parse.ts';
import type { Schema } from '../../schema/model.ts';
import { schemaFromPbtxt } from '../../schema/tfdv/schema-from.ts';
import { byteSize } from '../../wording/numbers.ts';
import { shellWord } from '../../wording/quote.ts';
import { enclosingGitRoot, refuseLinksOut } from '../../workspace/repository.ts';
import { type NamedDataset, schemaPathOf } from '../datasets/resolve.ts';

/** Far beyond any schema that people can review. */
const MAX_SCHEMA_BYTES = 16 * 1024 * 1024;

export interface SchemaFile {
  /** As messages and reports name it: relative to the working folder. */
  readonly name: string;
  readonly absolutePath: string;
}

/**
 * The schema that `given` names, else the dataset's own: in YAML, or where only that is there, TFDV's.
 * @throws VarveError `symlink-refused`
 */
export function schemaFileOf(dataset: NamedDataset, cwd: string, given?: string): SchemaFile {
  if (given !== undefined) refuseLinksOut(cwd, given);
  if (given !== undefined) return { name: given, absolutePath: resolve(cwd, given) };
  const own = schemaPathOf(dataset);
  const tfdv = asPbtxt(own);
  const absolutePath = !existsSync(own) && existsSync(tfdv) ? tfdv : own;
  return { name: relative(cwd, absolutePath) || absolutePath, absolutePath };
}

/** As schemaFileOf, where there has to be one. @throws VarveError `schema-missing` where no place is its own */
export function neededSchemaFileOf(dataset: NamedDataset, cwd: string, given?: string): SchemaFile {
  if (given !== undefined || !dataset.isForNow) return schemaFileOf(dataset, cwd, given);
  throw new VarveError('schema-missing', `${dataset.name} has no schema beside it`, {
    path: dataset.name,
    remedy: 'Name one by `--schema FILE`; `varve schema infer URL --output FILE` writes it.',
  });
}

/** The dataset that a schema of this name belongs to, if its name tells, as a word of a shell. */
function datasetWord(name: string): string {
  const dataset = /^(.+)\.schema\.yaml$/s.exec(name)?.[1];
  return dataset === undefined ? 'DATASET' : shellWord(dataset);
}

/** The name of the same schema as TFDV keeps it. */
export function asPbtxt(path: string): string {
  return path.replace(/\.schema\.yaml$/, '.schema.pbtxt');
}

/** Tell by its name whether a schema is in TFDV's text format. */
export function isPbtxt({ absolutePath }: SchemaFile): boolean {
  return /\.(pbtxt|textproto|pbtext)$/i.test(absolutePath);
}

/** @throws VarveError `schema-missing`, `schema-too-large`, `symlink-refused` */
export function readSchemaText(file: SchemaFile): string {
  if (existsSync(file.absolutePath)) return readBounded(file);
  throw new VarveError('schema-missing', `There is no schema at ${file.name}`, {
    path: file.name,
    remedy: `Run \`varve schema infer ${datasetWord(file.name)}\` to write one, or name another with \`--schema\`.`,
  });
}

/**
 * Read a document of another program that says what data should look like.
 * @throws VarveError `path-missing`, `schema-too-large`, `symlink-refused`
 */
export function readSchemaSource(cwd: string, name: string): string {
  refuseLinksOut(cwd, name);
  const absolutePath = resolve(cwd, name);
  if (existsSync(absolutePath)) return readBounded({ name, absolutePath });
  throw new VarveError('path-missing', `There is nothing at ${name}`, {
    path: name,
    remedy: 'Name a file of this machine: `--from` fetches nothing.',
  });
}

function readBounded({ name, absolutePath }: SchemaFile): string {
  const root = enclosingGitRoot(absolutePath) ?? dirname(absolutePath);
  const tooLarge = (): VarveError =>
    new VarveError(
      'schema-too-large',
      `${name} is larger than ${byteSize(MAX_SCHEMA_BYTES)}, far more than a schema or a document about columns has`,
      { path: name, remedy: 'Name the file that tells of the columns: data itself is named as the dataset.' },
    );
  return readTrackedFile(root, relative(root, absolutePath), { bytes: MAX_SCHEMA_BYTES, tooLarge });
}

/** @throws VarveError `schema-missing`, `schema-invalid`, `tfdv-invalid` */
export function readSchema(file: SchemaFile): Schema {
  return parseSchemaOf(file, readSchemaText(file));
}

/** The schema that the file would hold with this text. */
export function parseSchemaOf(file: SchemaFile, text: string): Schema {
  return isPbtxt(file) ? schemaFromPbtxt(text, file.name) : parseSchema(text, file.name);
}
