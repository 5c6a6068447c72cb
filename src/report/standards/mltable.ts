import { stringify } from 'yaml';
import type { FilePlaces } from './croissant.ts';
import type { Description } from './description.ts';
import { fileFormatOf } from './file-formats.ts';

const SCHEMA = 'https://azuremlschemas.azureedge.net/latest/MLTable.schema.json';

/** How Azure ML reads a format; what is of none of these is read by whoever has the files. */
const READERS: Readonly<Record<string, object>> = {
  csv: delimited(','),
  tsv: delimited('\t'),
  jsonl: { read_json_lines: { encoding: 'utf8' } },
  ndjson: { read_json_lines: { encoding: 'utf8' } },
  parquet: { read_parquet: { include_path_column: false } },
  pq: { read_parquet: { include_path_column: false } },
};

function delimited(delimiter: string): object {
  return { read_delimited: { delimiter, encoding: 'utf8', header: 'all_files_same_headers' } };
}

/**
 * A version as the MLTable file of Azure ML, which lies in a folder under this very name: the files, how they are read, and what they are.
 * Paths are relative to where that file lies, unless they are addresses.
 */
export function mltable(
  { path, kind, digest, meta, commit }: Description,
  { files, urlOf, delimiter }: FilePlaces,
): string {
  const all = files.map((file) => (kind === 'file' ? path : `${path}/${file.path}`));
  const formats = new Set(all.map(fileFormatOf).filter((format) => format in READERS));
  const [format] = formats.size === 1 ? formats : [];
  const read = format === undefined ? all : all.filter((file) => fileFormatOf(file) === format);
  const isText = format === 'csv' || format === 'tsv';
  const reader =
    format === undefined ? undefined : isText && delimiter ? delimited(delimiter) : READERS[format];
  return stringify({
    $schema: SCHEMA,
    type: 'mltable',
    paths: read.map((file) => ({ file: placeOf(urlOf(file)) })),
    ...(reader !== undefined && { transformations: [reader] }),
    metadata: {
      varve: {
        path,
        digest,
        ...(commit && { commit: commit.commit }),
        ...(Object.keys(meta).length > 0 && { meta }),
      },
    },
  });
}

function placeOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) || url.startsWith('/') ? url : `./${url}`;
}
