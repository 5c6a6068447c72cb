import { schemaToPbtxt } from '../schema/tfdv/schema-to.ts';
import type { Watch } from './context.ts';
import { nameDataset } from './named-dataset.ts';
import { readSchema, readSchemaText, schemaFileOf } from './schema-file.ts';
import type { SchemaFormat } from './schema-infer.ts';

export interface SchemaShowResult {
  readonly path: string;
  readonly text: string;
}

/** The schema of a dataset, checked, as its own YAML or as TFDV's text format. */
export function schemaShow(
  cwd: string,
  argument: string,
  options: { readonly schema?: string | undefined; readonly format?: SchemaFormat | undefined } = {},
  watch: Watch = {},
): SchemaShowResult {
  const file = schemaFileOf(nameDataset(cwd, argument, watch), cwd, options.schema);
  const schema = readSchema(file);
  const text = options.format === 'tfdv' ? schemaToPbtxt(schema) : readSchemaText(file);
  return { path: file.name, text };
}
