import { LRUCache } from 'lru-cache';
import { VarveError } from '../../errors.ts';
import { parseSchema } from '../../schema/format/parse.ts';
import type { Schema } from '../../schema/model.ts';
import { schemaFromPbtxt } from '../../schema/tfdv/schema-from.ts';
import { trackedFiles, trackedText } from '../../workspace/git/tracked-text.ts';

/** A schema that a commit has. */
export interface SchemaAt {
  /** From the root. */
  readonly path: string;
  /** The content of the file, as Git names it. */
  readonly blob: string;
  readonly text: string;
  readonly schema: Schema;
}

const YAML = '.schema.yaml';
const PBTXT = '.schema.pbtxt';
/** What people review is far smaller. */
const MAX_SCHEMA_BYTES = 4 * 1024 * 1024;
const MAX_KNOWN_COMMITS = 64;
const MAX_KNOWN_SCHEMAS = 256;

/** The schemas of a repository, as its commits have them. */
export class Schemas {
  readonly #root: string;
  readonly #files: LRUCache<string, ReadonlyMap<string, string>>;
  readonly #known = new LRUCache<string, SchemaAt>({ max: MAX_KNOWN_SCHEMAS });

  constructor(root: string) {
    this.#root = root;
    this.#files = new LRUCache<string, ReadonlyMap<string, string>>({
      max: MAX_KNOWN_COMMITS,
      fetchMethod: (commit) => trackedFiles(root, commit, [YAML, PBTXT]),
    });
  }

  /**
   * The schema of a dataset: varve's own, else TFDV's; undefined if the commit has none.
   * @throws VarveError `schema-invalid`, `schema-too-large`, `tfdv-invalid`
   */
  async of(commit: string, dataset: string): Promise<SchemaAt | undefined> {
    const files = (await this.#files.fetch(commit))!;
    const path = [dataset + YAML, dataset + PBTXT].find((one) => files.has(one));
    if (path === undefined) return undefined;
    const blob = files.get(path)!;
    const known = this.#known.get(`${blob} ${path}`) ?? (await this.#read(path, blob));
    this.#known.set(`${blob} ${path}`, known);
    return known;
  }

  /** As of, where a schema that cannot be read is as none. */
  async readable(commit: string, dataset: string): Promise<SchemaAt | undefined> {
    try {
      return await this.of(commit, dataset);
    } catch (error) {
      if (error instanceof VarveError && error.code !== 'git-failed') return undefined;
      throw error;
    }
  }

  async #read(path: string, blob: string): Promise<SchemaAt> {
    const text = await trackedText(this.#root, blob, MAX_SCHEMA_BYTES);
    if (text === undefined)
      throw new VarveError('schema-too-large', `${path} is far too large for a schema`, {
        path,
        remedy: 'Check that this is the file that was meant.',
      });
    const schema = path.endsWith(YAML) ? parseSchema(text, path) : schemaFromPbtxt(text, path);
    return { path, blob, text, schema };
  }
}
