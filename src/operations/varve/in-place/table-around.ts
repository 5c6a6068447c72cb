import { VarveError } from '../../../errors.ts';
import type { ServerOptions } from '../../../remote/bucket/client.ts';
import { openSource } from '../../../remote/source/open.ts';
import type { TableFormat } from '../../../tables/format.ts';
import { logsAbove, type TableTrace, tableTraceOf } from '../../../tables/snapshot/traces.ts';
import { optionWord, shellWord } from '../../../wording/quote.ts';

/** Objects of a folder that are looked at for one that tells of a table. */
const MAX_LOOKED_AT = 1000;
/** The server, with its bucket, and the way from there. */
const URL_PARTS = /^(\w+:\/\/[^/]*)(?:\/(.*))?$/;

/** A table on a server. */
export interface TableAtUrl extends Pick<TableTrace, 'format' | 'log'> {
  /** URL of its folder. */
  readonly url: string;
}

/**
 * Look for the table of which a place is a part, in one or two listings. What cannot be looked at, since the credentials are of the place
 * alone, tells of none.
 * @param place URL without a slash at its end
 */
export async function tableAbove(
  place: string,
  access: ServerOptions,
  signal: AbortSignal | undefined,
): Promise<TableAtUrl | undefined> {
  const [, server = '', path = ''] = URL_PARTS.exec(place) ?? [];
  for (const log of logsAbove(path.split('/').filter((segment) => segment !== ''))) {
    const url = [server, ...log.slice(0, -1)].join('/');
    const trace = await traceIn(url, log.at(-1)!, access);
    signal?.throwIfAborted();
    if (trace !== undefined) return { format: trace.format, log: trace.log, url };
  }
  return undefined;
}

async function traceIn(url: string, log: string, access: ServerOptions): Promise<TableTrace | undefined> {
  try {
    const source = await openSource(url, access);
    try {
      let looked = 0;
      for await (const { key } of source.list(`${log}/`)) {
        const trace = tableTraceOf(key);
        if (trace !== undefined) return trace;
        looked += 1;
        if (looked === MAX_LOOKED_AT) return undefined;
      }
      return undefined;
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}

const FORMAT_NAMES: Readonly<Record<TableFormat, string>> = { delta: 'Delta', iceberg: 'Iceberg' };

/** What was to be added. */
export interface AskedPlace {
  /** URL without a slash at its end. */
  readonly place: string;
  /** Where it was to lie. */
  readonly dataset: string;
  /** The version of a table that was named. */
  readonly at: string | undefined;
}

export function partOfTable(
  { place, dataset, at }: AskedPlace,
  { format, log, url }: TableAtUrl,
): VarveError {
  return new VarveError('table-misplaced', `${place} is a part of the ${FORMAT_NAMES[format]} table ${url}`, {
    path: place,
    remedy: `Rows that the table has no more lie there too. ${whatToRun({ url, dataset, at }, `${dataset}/${log}`)}`,
  });
}

export function holdsTable(
  { place, dataset, at }: AskedPlace,
  { format, folder, log }: TableTrace,
): VarveError {
  const url = folder === '' ? place : `${place}/${folder}`;
  const own = folder === '' ? dataset : `${dataset}/${folder}`;
  return new VarveError('table-misplaced', `${place} holds the ${FORMAT_NAMES[format]} table ${url}`, {
    path: place,
    remedy: `Rows that the table has no more lie there too. ${whatToRun({ url, dataset, at }, `${own}/${log}`)}`,
  });
}

interface AskedTable extends Omit<AskedPlace, 'place'> {
  readonly url: string;
}

/** @param log of the table, as a path of the dataset */
function whatToRun({ url, dataset, at }: AskedTable, log: string): string {
  const line = `/${log.replace(/[\\*?[\]]/g, '\\$&')}/`;
  const [version, rows, files] =
    at === undefined
      ? ['', 'the rows that it has now', 'all files']
      : [` ${optionWord('at', at)}`, 'the rows of that version', 'all files, without --at,'];
  return `Run \`varve add ${shellWord(url)}${version} --to ${shellWord(dataset)}\` for ${rows}. To have ${files} as they lie there, write the line \`${line}\` into the .varveignore of this repository first.`;
}
