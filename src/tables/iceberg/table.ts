/**
 * Iceberg tables, version 2: which files each snapshot has. It may not know where a table lies, nor how its files are written there. The
 * specification at https://iceberg.apache.org/spec/ is its source.
 */

import { createHash } from 'node:crypto';
import { problemOfDataPath } from '../../base/files/data-path.ts';
import { parseShallow } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';
import type { Committed, OpenTable, TableFolder } from '../format.ts';
import type { Origin, TableVersion } from '../model.ts';
import {
  addedEntry,
  decodeFileManifest,
  decodeManifestList,
  encodeFileManifest,
  encodeManifestList,
  FIRST_PARTITION_ID,
  type ListedManifest,
  type Manifest,
  type ManifestFileEntry,
  type PartitionField,
  partitionOf,
  partitionSpec,
  type SpecField,
  STATUS,
} from './manifest.ts';
import {
  changeOfFile,
  type IcebergMetadata,
  idsIn,
  METADATA_FOLDER,
  metadataFile,
  originOfSnapshot,
  partitionIdsIn,
  schemaIdOf,
  snapshotIdOf,
  specIdOf,
  VERSION_HINT,
  withSnapshot,
} from './metadata.ts';
import { icebergSchema, pathKey } from './schema.ts';

/** Hex digits of the digest in the name of a file. */
const DIGEST_DIGITS = 32;

/** A manifest of the newest snapshot, with its entries that are live. */
interface LiveManifest extends Manifest {
  readonly listed: ListedManifest;
}

/** A table as its newest metadata leaves it. */
interface State {
  /** How many changes there were. */
  readonly changes: number;
  readonly metadata: IcebergMetadata | undefined;
  readonly versions: readonly Origin[];
  readonly manifests: readonly LiveManifest[];
  readonly urls: ReadonlySet<string>;
}

/** Open an Iceberg table, which may not be there yet. @throws VarveError `table-foreign` if others have written to it */
export async function openIceberg(folder: TableFolder): Promise<OpenTable> {
  return new IcebergOnRemote(folder, await readState(folder));
}

async function readState(folder: TableFolder): Promise<State> {
  const names = await folder.list(METADATA_FOLDER);
  const changes = Math.max(0, ...names.flatMap((name) => changeOfFile(name) ?? []));
  if (changes === 0) return { changes, metadata: undefined, versions: [], manifests: [], urls: new Set() };
  try {
    const metadata = parseShallow(
      Buffer.from(await folder.read(metadataFile(changes))).toString(),
    ) as IcebergMetadata;
    const versions = metadata.snapshots.map(originOfSnapshot).map((origin) => {
      if (origin === undefined) throw new RangeError('others have written a snapshot');
      return origin;
    });
    const read = new Map<string, Manifest>();
    let manifests: LiveManifest[] = [];
    for (const snapshot of metadata.snapshots) {
      const listed = decodeManifestList(await folder.read(nameIn(folder, snapshot['manifest-list'])));
      manifests = [];
      for (const one of listed) {
        const known =
          read.get(one.manifest_path) ??
          decodeFileManifest(await folder.read(nameIn(folder, one.manifest_path)));
        read.set(one.manifest_path, known);
        manifests.push({ ...known, listed: one });
      }
    }
    const urls = new Set([...read.values()].flatMap(({ entries }) => entries.map(urlOf)));
    return { changes, metadata, versions, manifests, urls };
  } catch (error) {
    if (error instanceof VarveError) throw error;
    throw foreign(folder.url, error instanceof Error ? error.message : String(error));
  }
}

function nameIn(folder: TableFolder, url: string): string {
  if (!url.startsWith(`${folder.url}/`)) throw new RangeError(`it names ${url}, which is not in its folder`);
  const name = url.slice(folder.url.length + 1);
  const problem = problemOfDataPath(name);
  if (problem !== undefined) throw new RangeError(`it names ${url}, which ${problem}`);
  return name;
}

function urlOf({ data_file: { file_path: url } }: ManifestFileEntry): string {
  return url;
}

class IcebergOnRemote implements OpenTable {
  readonly #folder: TableFolder;
  #state: State;

  constructor(folder: TableFolder, state: State) {
    this.#folder = folder;
    this.#state = state;
  }

  get versions(): readonly Origin[] {
    return this.#state.versions;
  }

  get urls(): ReadonlySet<string> {
    return this.#state.urls;
  }

  async commit(next: TableVersion): Promise<Committed | undefined> {
    const { url } = this.#folder;
    const { metadata, changes, versions } = this.#state;
    const schema = icebergSchema(next.columns, idsIn(metadata, next), metadata?.['last-column-id'] ?? 0);
    const parts = partsOf(next, schema.ids, partitionIdsIn(metadata));
    const spec = partitionSpec(parts);
    const [schemaId, specId] = [schemaIdOf(metadata, schema.fields), specIdOf(metadata, spec)];
    const sequence = (metadata?.['last-sequence-number'] ?? 0) + 1;
    const snapshotId = snapshotIdOf(`${url}\0${changes}\0${next.origin.digest}\0${next.origin.commit}`);
    const snapshot = { id: snapshotId, sequence };
    const wanted = new Map(next.files.map((file) => [file.url, keyOf(partitionOf(file, parts))]));
    // By another spec, equal values may be those of other columns.
    const isKept = ({ listed }: LiveManifest, { data_file: file }: ManifestFileEntry) =>
      listed.partition_spec_id === specId && wanted.get(file.file_path) === keyOf(file.partition);
    const live = this.#state.manifests.flatMap((manifest) =>
      manifest.entries
        .filter(isLive)
        .map((entry) => ({ url: urlOf(entry), isKept: isKept(manifest, entry) })),
    );
    const kept = new Set(live.filter((one) => one.isKept).map(({ url: path }) => path));
    const added = next.files.filter((file) => !kept.has(file.url));
    const removed = live.length - kept.size;
    const meta = {
      schema: JSON.stringify({ type: 'struct', 'schema-id': schemaId, fields: schema.fields }),
      'schema-id': String(schemaId),
      'partition-spec': JSON.stringify(spec),
      'partition-spec-id': String(specId),
      'format-version': '2',
      content: 'data',
    };
    const manifests: LiveManifest[] = [];
    for (const manifest of this.#state.manifests)
      manifests.push(...(await this.#carried(manifest, (entry) => isKept(manifest, entry), snapshot)));
    if (added.length > 0) {
      const entries = added.map((file) => addedEntry(file, parts, schema.ids, snapshot));
      manifests.push(await this.#write({ meta, entries }, parts, specId, snapshot));
    }
    const list = encodeManifestList(
      manifests.map(({ listed }) => listed),
      { 'snapshot-id': String(snapshotId), 'sequence-number': String(sequence), 'format-version': '2' },
    );
    const plan = withSnapshot(metadata, url, {
      schema,
      spec,
      origin: next.origin,
      snapshotId,
      manifestList: await this.#create('snap', list),
      summary: {
        operation: removed > 0 ? 'overwrite' : 'append',
        'added-data-files': String(added.length),
        'deleted-data-files': String(removed),
        'total-data-files': String(next.files.length),
        'total-records': String(next.files.reduce((sum, { rows }) => sum + rows, 0)),
      },
    });
    const outcome = await this.#folder.create(
      metadataFile(changes + 1),
      Buffer.from(`${JSON.stringify(plan)}\n`),
    );
    if (outcome === 'exists') return undefined;
    await this.#folder.replace(VERSION_HINT, Buffer.from(`${changes + 1}`));
    this.#state = {
      changes: changes + 1,
      metadata: plan,
      versions: [...versions, next.origin],
      manifests,
      urls: new Set([...this.#state.urls, ...wanted.keys()]),
    };
    return { version: versions.length, added: added.length, removed, left: schema.left };
  }

  /** A manifest goes on as it is, or is written anew where files of it are gone; of one without a file that is live, nothing is left. */
  async #carried(
    manifest: LiveManifest,
    isKept: (entry: ManifestFileEntry) => boolean,
    snapshot: SnapshotNumbers,
  ): Promise<LiveManifest[]> {
    const live = manifest.entries.filter(isLive);
    if (live.length === 0) return [];
    if (live.every(isKept)) return [manifest];
    const entries = live.map((entry) =>
      isKept(entry)
        ? { ...entry, status: STATUS.existing }
        : { ...entry, status: STATUS.deleted, snapshot_id: snapshot.id },
    );
    const { meta, listed } = manifest;
    const parts = partsIn(meta);
    return [await this.#write({ meta, entries }, parts, listed.partition_spec_id, snapshot)];
  }

  async #write(
    manifest: Manifest,
    parts: readonly PartitionField[],
    specId: number,
    { id, sequence }: SnapshotNumbers,
  ): Promise<LiveManifest> {
    const bytes = encodeFileManifest(manifest, parts);
    const of = (status: number) => manifest.entries.filter((entry) => entry.status === status);
    const rows = (entries: readonly ManifestFileEntry[]) =>
      entries.reduce((sum, entry) => sum + entry.data_file.record_count, 0);
    const sequences = manifest.entries.filter(isLive).map((entry) => entry.sequence_number);
    const [added, existing, deleted] = [of(STATUS.added), of(STATUS.existing), of(STATUS.deleted)];
    return {
      ...manifest,
      listed: {
        manifest_path: await this.#create('files', bytes),
        manifest_length: bytes.length,
        partition_spec_id: specId,
        content: 0,
        sequence_number: sequence,
        min_sequence_number: Math.min(sequence, ...sequences),
        added_snapshot_id: id,
        added_files_count: added.length,
        existing_files_count: existing.length,
        deleted_files_count: deleted.length,
        added_rows_count: rows(added),
        existing_rows_count: rows(existing),
        deleted_rows_count: rows(deleted),
      },
    };
  }

  /** Write a file named by what is in it: another export may be writing the same one. @returns its URL */
  async #create(kind: string, bytes: Buffer): Promise<string> {
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, DIGEST_DIGITS);
    const file = `${METADATA_FOLDER}/${kind}-${digest}.avro`;
    await this.#folder.create(file, bytes);
    return `${this.#folder.url}/${file}`;
  }
}

interface SnapshotNumbers {
  readonly id: number;
  readonly sequence: number;
}

/** Write values of a partition so that equal ones, and no others, are the same text. */
function keyOf(partition: object): string {
  return JSON.stringify(partition, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

function isLive({ status }: ManifestFileEntry): boolean {
  return status !== STATUS.deleted;
}

function partsOf(
  { columns, partitionColumns }: TableVersion,
  ids: ReadonlyMap<string, number>,
  known: ReadonlyMap<number, number>,
): PartitionField[] {
  let last = Math.max(FIRST_PARTITION_ID - 1, ...known.values());
  return partitionColumns.map((name) => {
    const sourceId = ids.get(pathKey([name]))!;
    const type = columns.find((column) => column.name === name)!.type;
    return { id: known.get(sourceId) ?? ++last, name, sourceId, type };
  });
}

/** The parts by which an earlier version wrote a manifest. */
function partsIn({ schema = '{}', 'partition-spec': spec = '[]' }: Manifest['meta']): PartitionField[] {
  const { fields = [] } = parseShallow(schema) as { fields?: readonly { id: number; type: unknown }[] };
  return (parseShallow(spec) as SpecField[]).map(({ name, 'source-id': sourceId, 'field-id': id }) => {
    const type = fields.find(({ id }) => id === sourceId)?.type;
    return {
      id,
      name,
      sourceId,
      type: { is: type === 'long' ? 'long' : type === 'date' ? 'date' : 'string' },
    };
  });
}

function foreign(where: string, what: string): VarveError {
  return new VarveError('table-foreign', `The table ${where} is not as an export left it: ${what}`, {
    path: where,
    remedy: 'Nothing was written there. Name another folder, in which no table is.',
  });
}
