import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { type Digest, parseDigest } from '../../store/format/digest.ts';
import type { Repository } from '../repository.ts';

/**
 * A record of what this clone has read of a snapshot in place. It lies in the clone, not in a cache that others may write into, since it
 * alone says what bytes belong to an object whose SHA-256 no server keeps. Lost, the object is read once more.
 */
export interface ReadRecord {
  /** The digest that a pointer to a copy of what was read would name: that of a manifest, or of the single file. */
  readonly copy: Digest;
  /** Whether that is all of the snapshot. */
  readonly complete: boolean;
}

const VERSION = 1;

/** Read the record; undefined if there is none. @param snapshot digest of the source manifest */
export function readRecordOf(repository: Repository, snapshot: Digest): ReadRecord | undefined {
  try {
    const { version, copy, complete } = JSON.parse(readFileSync(recordFile(repository, snapshot), 'utf8'));
    if (version !== VERSION) return undefined;
    return { copy: parseDigest(copy, 'record of what was read'), complete: complete === true };
  } catch {
    // Not there or not readable: everything is read once more.
    return undefined;
  }
}

export function writeReadRecord(repository: Repository, snapshot: Digest, record: ReadRecord): void {
  const text = `${JSON.stringify({ version: VERSION, ...record })}\n`;
  writeAtomically(recordFile(repository, snapshot), [Buffer.from(text)], false);
}

/**
 * Tell the digest by which the same data would be known as a copy, if all of it has been read here, else the snapshot's own.
 */
export function contentOf(repository: Repository, snapshot: Digest): Digest {
  const record = readRecordOf(repository, snapshot);
  return record?.complete ? record.copy : snapshot;
}

/** Whether two snapshots hold the same files, be they in place or copies. */
export function isSameContent(repository: Repository, a: Digest, b: Digest): boolean {
  return a === b || contentOf(repository, a) === contentOf(repository, b);
}

function recordFile(repository: Repository, snapshot: Digest): string {
  return join(repository.stateFolder, 'read', `${snapshot.slice('sha256:'.length)}.json`);
}
