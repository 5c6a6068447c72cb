import type { Requests } from '../bucket/requests.ts';
import { symlinkRefused } from '../folder/links.ts';
import { TEMPORARY_FOLDER } from '../store-layout.ts';
import type { FileClient, RemoteFile } from './client.ts';

/** Folders that are listed at once. */
const AT_ONCE = 16;

/** A file, by its path from the folder that was opened. */
export interface WalkedFile extends RemoteFile {
  readonly path: string;
}

/**
 * List every file whose path begins with `prefix`, in no promised order; folders are listed in parallel. Memory: the lists of some
 * folders.
 * @throws VarveError `symlink-refused`, since what a link names would be missing from every count; RequestFailed
 */
export async function* walkFiles(
  requests: Requests<FileClient>,
  prefix: string,
  { ofStore }: { readonly ofStore: boolean },
): AsyncGenerator<WalkedFile> {
  const waiting = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
  const running = new Set<Promise<WalkedFile[]>>();
  while (waiting.length > 0 || running.size > 0) {
    while (waiting.length > 0 && running.size < AT_ONCE) {
      const step = entriesOf(requests, waiting.pop()!);
      // The failure of one that nobody waits for any more must not count as unhandled.
      step.catch(() => undefined);
      running.add(step);
    }
    const [step, entries] = await Promise.race([...running].map(async (one) => [one, await one] as const));
    running.delete(step);
    const shown = entries.filter(({ path }) => !(ofStore && path === TEMPORARY_FOLDER));
    waiting.push(...shown.filter((entry) => isOnTheWay(entry, prefix)).map(({ path }) => `${path}/`));
    for (const entry of shown.filter(({ path }) => path.startsWith(prefix))) {
      if (entry.kind === 'link') throw symlinkRefused(`${requests.client.bucket}/${entry.path}`);
      if (entry.kind === 'file') yield entry;
    }
  }
}

/** Whether a folder has files whose path begins with the prefix. */
function isOnTheWay({ kind, path }: WalkedFile, prefix: string): boolean {
  return kind === 'folder' && (path.startsWith(prefix) || prefix.startsWith(`${path}/`));
}

async function entriesOf(requests: Requests<FileClient>, folder: string): Promise<WalkedFile[]> {
  const entries = await requests.run(() => requests.client.list(folder.replace(/\/$/, '')));
  return entries.map((entry) => ({ ...entry, path: folder + entry.name }));
}
