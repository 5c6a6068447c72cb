import type { OnProgress } from '../../progress.ts';
import { packKey } from '../format/pack.ts';
import { DigestSet } from '../index/digest-set.ts';
import type { StoreCore } from '../store-core.ts';
import { visitRoot } from './reachable.ts';
import { type Ref, readRef } from './refs.ts';
import type { Root } from './roots.ts';

/** The files and objects that roots and refs need. */
export interface Marks {
  /** Keys of packs and whole objects that hold something needed. */
  readonly keys: Set<string>;
  /** Needed bytes by name of pack. */
  readonly liveBytes: Map<string, number>;
  readonly digests: DigestSet;
  /** Whether all that roots and refs need is there. */
  isComplete: boolean;
  /** Completes "Nothing was removed: …" if a young ref names objects that are not all there: a push is under way. */
  unfinished: string | undefined;
}

/**
 * Mark what roots and refs need.
 * @param pushing which refs may belong to a push that is under way: those modified later than `young`, in ms by the clock of the remote
 * @throws VarveError `manifest-damaged`, `recipe-damaged`, `ref-damaged`
 */
export async function markLive(
  core: StoreCore,
  roots: readonly Root[],
  refs: readonly Ref[],
  { young, nameOf }: { readonly young: number; readonly nameOf: (clone: string) => string },
  onProgress: OnProgress = () => undefined,
): Promise<Marks> {
  const marks: Marks = {
    keys: new Set(),
    liveBytes: new Map(),
    digests: new DigestSet(),
    isComplete: true,
    unfinished: undefined,
  };
  for (const root of roots) {
    if (!(await mark(core, root, marks))) marks.isComplete = false;
    onProgress({ phase: 'mark', unit: 'objects', done: marks.digests.size });
  }
  for (const ref of refs) {
    for (const root of await readRef(core.remote, ref.key)) {
      const isComplete = await mark(core, root, marks);
      if (!isComplete) marks.isComplete = false;
      if (!isComplete && ref.modified.getTime() > young)
        marks.unfinished = `clone ${nameOf(ref.clone)} is pushing ${root.path}`;
      onProgress({ phase: 'mark', unit: 'objects', done: marks.digests.size });
    }
  }
  return marks;
}

/** @returns whether all that the root needs is there */
async function mark(core: StoreCore, root: Root, marks: Marks): Promise<boolean> {
  let isComplete = true;
  const visit: Parameters<typeof visitRoot>[2] = ({ digest, location }) => {
    if (location === undefined) isComplete = false;
    else if (marks.digests.add(digest) && location.at === 'pack') {
      marks.keys.add(packKey(location.pack));
      marks.liveBytes.set(location.pack, (marks.liveBytes.get(location.pack) ?? 0) + location.length);
    } else if (location.at === 'whole') marks.keys.add(location.key);
  };
  await visitRoot(core, root, visit, (digest) => marks.digests.has(digest));
  return isComplete;
}
