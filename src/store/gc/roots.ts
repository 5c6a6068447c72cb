import type { Digest } from '../format/digest.ts';

/** A dataset in one of its versions, to be kept, transferred or verified with all that it needs. */
export interface Root {
  /** Path of the dataset from the repository's root, for messages and refs. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  readonly digest: Digest;
  readonly profile?: Digest;
  /** What its large files are verified by: of a file, its recipe or block list; of a directory, the list of those. */
  readonly blocks?: Digest;
  /**
   * URL of the data, if that is in place. Then `digest` names its source manifest, `kind` is file, and a store keeps and moves that
   * list and none of the data.
   */
  readonly source?: string;
  /** Paths of files or folders inside a directory. Transfer brings these alone. */
  readonly only?: readonly string[];
}
