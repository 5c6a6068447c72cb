import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FRAME_PLACE = /((?:file:\/\/)?[^\s()]+\.c?js):(\d+):(\d+)(?=\)?$)/gm;

/** The trace with files and lines of varve's sources in place of those of the bundles, as their maps have them. Bundled packages have none. */
export function sourceTrace(trace: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return trace.replace(FRAME_PLACE, (place, named: string, line: string, column: string) => {
    const file = named.startsWith('file:') ? fileURLToPath(named) : named;
    if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
    const entry = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return place;
    if (entry.originalSource.includes('node_modules/')) return place;
    const folder = dirname(file);
    const source = relative(dirname(folder), resolve(folder, entry.originalSource));
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** Undefined if there is none: a trace without it is better than none. */
function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
