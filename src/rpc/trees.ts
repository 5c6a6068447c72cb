import { isCount } from '../base/json.ts';
import { VarveError } from '../errors.ts';
import { COUNT, type Kind, TEXTS } from '../library/arguments.ts';
import type { RangedFile } from '../operations/backend/file-reader.ts';
import { readVersions, type VersionTree } from '../operations/read-versions.ts';
import { notOpen, optionalText, paramOf, textOf } from './params.ts';
import type { Methods, Reply, Request } from './serve.ts';

/** Bytes of files that one answer brings at most. */
const MAX_BYTES_AT_ONCE = 16 * 1024 * 1024;

/** Trees of versions that the client has open: one of these may be a clone of another repository. */
export class Trees {
  readonly #open = new Map<number, VersionTree>();
  #last = 0;

  readonly methods: Methods = {
    'tree.open': (request) => this.#openTree(request),
    'tree.entry': async (request) => ({
      result: await this.#tree('tree.entry', request).entry(pathOf('tree.entry', request)),
    }),
    'tree.list': async (request) => ({
      result: await this.#tree('tree.list', request).list(pathOf('tree.list', request)),
    }),
    'tree.walk': async (request) => ({
      result: await this.#tree('tree.walk', request).walk(pathOf('tree.walk', request)),
    }),
    'tree.read': (request) => this.#read(request),
    'tree.readRange': (request) => this.#readRange(request),
    'tree.readMany': (request) => this.#readMany(request),
    'tree.close': (request) => this.#close(request),
  };

  async end(): Promise<void> {
    const trees = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(trees.map((tree) => tree.close()));
  }

  async #openTree({ params, watch }: Request): Promise<Reply> {
    const repository = optionalText('tree.open', params, 'repository');
    const revision = optionalText('tree.open', params, 'revision');
    // The tree outlives this request, and so do what stops it and what it tells.
    const { onWarning } = watch;
    const tree = await readVersions(
      textOf('tree.open', params, 'folder'),
      { repository, revision },
      { onWarning },
    );
    const id = ++this.#last;
    this.#open.set(id, tree);
    return { result: { tree: id, root: tree.root, commit: tree.commit ?? null } };
  }

  /**
   * A small file comes whole; of a large one, the path of a verified copy comes, for the client to read in place. With `fresh`, what its
   * revision names is looked up again.
   */
  async #read(request: Request): Promise<Reply> {
    const tree = this.#tree('tree.read', request);
    if (request.params.fresh === true) tree.refresh();
    const opened = await tree.open(pathOf('tree.read', request));
    return 'bytes' in opened
      ? { result: { size: opened.bytes.length, whole: true }, payload: opened.bytes }
      : { result: largeFile(opened) };
  }

  /** A range of a file that `tree.read` gave neither bytes nor a place of; of what lies beyond its end, nothing. */
  async #readRange(request: Request): Promise<Reply> {
    const method = 'tree.readRange';
    const opened = await this.#tree(method, request).open(pathOf(method, request));
    const offset = paramOf(method, request.params, 'offset', OFFSET) as number;
    const length = Math.min(paramOf(method, request.params, 'length', COUNT) as number, MAX_BYTES_AT_ONCE);
    if (!('read' in opened)) throw notRanged(request.params.path);
    return { result: null, payload: await opened.read(offset, length) };
  }

  /**
   * As `tree.read`, of many files at once, one behind the other in the payload. Those for which it has no room are left out at the end;
   * the client asks for them again.
   */
  async #readMany(request: Request): Promise<Reply> {
    const tree = this.#tree('tree.readMany', request);
    const paths = paramOf('tree.readMany', request.params, 'paths', TEXTS) as readonly string[];
    const files: object[] = [];
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (const path of paths) {
      const opened = await tree.open(path);
      if (!('bytes' in opened)) files.push(largeFile(opened));
      else if (size + opened.bytes.length > MAX_BYTES_AT_ONCE) break;
      else {
        files.push({ size: opened.bytes.length, whole: true });
        pieces.push(opened.bytes);
        size += opened.bytes.length;
      }
    }
    return { result: files, payload: Buffer.concat(pieces) };
  }

  async #close(request: Request): Promise<Reply> {
    const tree = this.#tree('tree.close', request);
    this.#open.delete(request.params.tree as number);
    await tree.close();
    return { result: null };
  }

  #tree(method: string, { params }: Request): VersionTree {
    const tree = this.#open.get(params.tree as number);
    if (tree === undefined) throw notOpen(method, 'tree', params.tree);
    return tree;
  }
}

const OFFSET: Kind = {
  what: 'a whole number, 0 or more',
  is: isCount,
};

function largeFile(opened: { readonly path: string } | RangedFile): object {
  return 'path' in opened ? { path: opened.path } : { size: opened.size };
}

function notRanged(path: unknown): VarveError {
  return new VarveError('usage', `tree.readRange: ${path} is no file that is read by ranges`, {
    remedy: 'Ask `tree.read` first, whose answer says how the file is read.',
  });
}

/** '' is the top. */
function pathOf(method: string, { params }: Request): string {
  return params.path === '' ? '.' : textOf(method, params, 'path');
}
