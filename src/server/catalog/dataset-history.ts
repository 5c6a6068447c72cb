import type { VersionChange, VersionFacts } from '../../operations/backend/version.ts';
import type { VersionReader } from '../../operations/backend/version-reader.ts';

/** A version of a dataset, and the commit that brought it. */
export interface BroughtVersion extends Omit<VersionChange, 'pointer'> {
  readonly version: VersionFacts;
}

/** The changes of datasets that a commit reaches, by dataset. Pointers are read when somebody asks for versions. */
export class DatasetHistory {
  readonly size: number;
  /** Newest first, of all datasets. */
  readonly changes: readonly VersionChange[];
  readonly #reader: VersionReader;
  readonly #byPath = new Map<string, VersionChange[]>();

  /** @param changes newest first */
  constructor(reader: VersionReader, changes: readonly VersionChange[]) {
    this.#reader = reader;
    this.size = changes.length;
    this.changes = changes;
    for (const change of changes) {
      const known = this.#byPath.get(change.path);
      if (known === undefined) this.#byPath.set(change.path, [change]);
      else known.push(change);
    }
  }

  /** The changes of the dataset at `path`, newest first. */
  of(path: string): readonly VersionChange[] {
    return this.#byPath.get(path) ?? [];
  }

  /** What changes brought, in their order; those whose pointers cannot be read are left out. */
  async read(changes: readonly VersionChange[]): Promise<BroughtVersion[]> {
    const versions = await this.#reader.versionsOf(changes);
    return changes.flatMap(({ pointer: _, ...change }, at) => {
      const version = versions[at];
      return version === undefined ? [] : [{ ...change, version }];
    });
  }
}
