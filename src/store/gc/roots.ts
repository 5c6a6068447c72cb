import type { Digest } from '../format/digest.ts';

/** What is to be kept alive, transferred or verified: one dataset in one of its versions. */
export interface Root {
  /** Of the dataset, from the repository's top: for messages and refs. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  readonly digest: Digest;
  readonly profile?: Digest;
  /**
   * Where the data itself lies, where that is in place: then `digest` names its source manifest, `kind` is file, and a store
   * keeps and moves that list and nothing of the data.
   */
  readonly source?: string;
  /** Paths of files or folders inside a directory: transfer brings these only. */
  readonly only?: readonly string[];
}
