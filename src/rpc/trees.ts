import { TEXTS } from '../library/arguments.ts';
import { readVersions, type VersionTree } from '../operations/read-versions.ts';
import { MAX_PAYLOAD_BYTES } from './frames.ts';
import { notOpen, optionalText, paramOf, textOf } from './params.ts';
import type { Methods, Reply, Request } from './serve.ts';

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
      ? { result: { size: opened.bytes.length }, payload: opened.bytes }
      : { result: { path: opened.path } };
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
      if ('path' in opened) files.push({ path: opened.path });
      else if (size + opened.bytes.length > MAX_PAYLOAD_BYTES) break;
      else {
        files.push({ size: opened.bytes.length });
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

/** '' is the top. */
function pathOf(method: string, { params }: Request): string {
  return params.path === '' ? '.' : textOf(method, params, 'path');
}
