import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { VarveError } from '../errors.ts';
import type { Schema } from '../schema/model.ts';
import { parseSchema } from '../schema/parse.ts';
import { type NamedDataset, schemaPathOf } from './named-dataset.ts';

/** Far beyond any schema that people can review. */
const LARGEST_SCHEMA = 16 * 1024 * 1024;

export interface SchemaFile {
  /** As messages and reports name it: relative to the working folder. */
  readonly name: string;
  readonly absolutePath: string;
}

/** The schema that `given` names, else the dataset's own. */
export function schemaFileOf(dataset: NamedDataset, cwd: string, given?: string): SchemaFile {
  const absolutePath = given === undefined ? schemaPathOf(dataset) : resolve(cwd, given);
  return { name: given ?? (relative(cwd, absolutePath) || absolutePath), absolutePath };
}

/** @throws VarveError `missing-schema`, `invalid-schema` */
export function readSchemaText({ name, absolutePath }: SchemaFile): string {
  if (!existsSync(absolutePath)) {
    throw new VarveError('missing-schema', `There is no schema at ${name}`, {
      path: name,
      remedy: 'Run `varve schema infer DATASET` to write one, or name another with `--schema`.',
    });
  }
  const text = readFileSync(absolutePath, 'utf8');
  if (text.length <= LARGEST_SCHEMA) return text;
  throw new VarveError('invalid-schema', `${name} is far too large for a schema`, {
    path: name,
    remedy: 'Check that this is the file that was meant.',
  });
}

export function readSchema(file: SchemaFile): Schema {
  return parseSchema(readSchemaText(file), file.name);
}
