import { stringifySchema } from '../schema/format/stringify.ts';
import { schemaToPbtxt } from '../schema/tfdv/schema-to.ts';
import type { Watch } from './context/context.ts';
import { nameDataset } from './datasets/resolve.ts';
import type { SchemaFormat } from './schema-infer.ts';
import { isPbtxt, readSchema, readSchemaText, schemaFileOf } from './statistics/schema-file.ts';

export interface SchemaShowResult {
  readonly path: string;
  readonly text: string;
}

/** Print the schema of a dataset, checked, as YAML or as TFDV's text format; as it stands if that is how it is kept. */
export async function schemaShow(
  cwd: string,
  argument: string,
  options: { readonly schema?: string | undefined; readonly format?: SchemaFormat | undefined } = {},
  watch: Watch = {},
): Promise<SchemaShowResult> {
  const file = schemaFileOf(await nameDataset(cwd, argument, watch), cwd, options.schema);
  const schema = readSchema(file);
  const asked = options.format ?? 'yaml';
  const kept = isPbtxt(file) ? 'tfdv' : 'yaml';
  const text =
    asked === kept
      ? readSchemaText(file)
      : asked === 'tfdv'
        ? schemaToPbtxt(schema)
        : stringifySchema(schema);
  return { path: file.name, text };
}
