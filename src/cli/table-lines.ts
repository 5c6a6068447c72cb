import type { ExportTableResult } from '../operations/tables/exporter.ts';
import { neutral } from '../wording/neutral.ts';
import { byteSize, counted } from '../wording/numbers.ts';

/** Digits of a commit, as Git shows it. */
const SHORT = 8;

/** Say what an export did, as people read it. */
export function tableLines({ table, dataset, versions, latest, written }: ExportTableResult): string {
  const lines = versions.map(
    ({ version, commit, files, rows, added, removed }) =>
      `version ${version}: ${commit.slice(0, SHORT)}, ${counted(files, 'file')} of ${counted(rows, 'row')} (+${added} −${removed})`,
  );
  const now = latest === null ? 'has no version' : `is at version ${latest}`;
  const alone =
    written.files === 0
      ? []
      : [
          `${counted(written.files, 'file')} (${byteSize(written.bytes)}) lay among others or in chunks, and ${written.files === 1 ? 'was' : 'were'} written alone`,
        ];
  return [...lines, ...alone, `${table} ${now}, of ${dataset}`].map(neutral).join('\n');
}
