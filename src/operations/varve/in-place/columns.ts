import { MAX_SHOWN_COLUMNS, problemOfColumns, type ShownColumns } from '../../../engine/shown-columns.ts';
import { VarveError } from '../../../errors.ts';
import { readSourceManifest } from '../../../store/format/source-manifest.ts';
import type { Store } from '../../../store/store.ts';
import type { Pointer } from '../../../workspace/pointer.ts';
import type { DatasetVersion } from '../../backend/version.ts';
import { closing } from '../../context/closing.ts';
import type { WorkingContext } from '../../context/context.ts';
import { pointerOf } from '../datasets/versions.ts';
import { openStoreWith } from '../read-files.ts';

/** Implements Backend.columns. The list comes from the cache, else from the default remote. */
export async function shownColumnsOf(
  context: WorkingContext,
  { path, commit }: Pick<DatasetVersion, 'path' | 'commit'>,
): Promise<ShownColumns | undefined> {
  const pointer = pointerOf(context.repository, path, commit)!;
  if (pointer.columns === undefined) return undefined;
  return closing(await openStoreWith(context, pointer.digest, path), (store) =>
    columnsIn(store, path, pointer),
  );
}

/** Read the columns that stand before the files of a list. @throws VarveError `object-missing`, `manifest-damaged` */
export async function columnsIn(store: Store, path: string, { digest }: Pointer): Promise<ShownColumns> {
  const where = `of ${path}, ${digest}`;
  const columns: unknown[] = [];
  const files = readSourceManifest(store.readStream(digest), where, (column) => {
    if (columns.length <= MAX_SHOWN_COLUMNS) columns.push(column);
  });
  await files.next();
  await files.return(undefined);
  const problem =
    columns.length === 0 ? 'lists no columns, which its pointer says' : problemOfColumns(columns);
  if (problem === undefined) return columns as unknown as ShownColumns;
  throw new VarveError('manifest-damaged', `The manifest ${where} ${problem}`, {
    path,
    remedy: 'Restore the pointer from a commit that you trust.',
  });
}
