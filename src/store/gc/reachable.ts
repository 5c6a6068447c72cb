import { type RawDigest, toRaw } from '../format/digest.ts';
import { readManifest } from '../format/manifest.ts';
import { checkRecipeDepth } from '../format/recipe.ts';
import type { Location } from '../index/catalog.ts';
import { blockListsOf } from '../reading/block-lists-of.ts';
import { chunksOf, isEmptyObject, type ObjectSource, streamObject } from '../reading/object-reader.ts';
import type { Root } from './roots.ts';

/** Something that a root needs. `location` is undefined if the store lacks it; `file` is the path in a directory, or empty for the root itself. */
export interface Need {
  readonly digest: RawDigest;
  readonly location: Location | undefined;
  readonly file: string;
}
export type Visit = (need: Need) => void;

/**
 * Visit all that a root needs: profile, manifest, files, the recipes and chunks of each, and what its blocks are verified by. What was purged nothing needs.
 * @param skip objects known already: they and what they need are not visited
 * @throws VarveError `manifest-damaged`, `recipe-damaged`, `digest-mismatch`, `object-missing`
 */
export async function visitRoot(
  source: ObjectSource,
  root: Root,
  visit: Visit,
  skip: (digest: RawDigest) => boolean = () => false,
): Promise<void> {
  const { catalog } = source;
  if (root.profile !== undefined && !catalog.isPurged(toRaw(root.profile)))
    await visitObject(source, toRaw(root.profile), '', visit);
  const raw = toRaw(root.digest);
  if (skip(raw) || catalog.isPurged(raw)) return;
  await visitObject(source, raw, '', visit);
  await visitIfHere(source, root.blocks && toRaw(root.blocks), '', visit);
  if (root.kind === 'file' || catalog.first(raw) === undefined) return;
  const lists = await blockListsOf(source, root);
  for await (const { path, digest } of readManifest(
    streamObject(source, raw),
    `${root.path} (${root.digest})`,
  )) {
    if (digest === undefined) continue;
    const file = toRaw(digest);
    if (skip(file) || catalog.isPurged(file)) continue;
    await visitObject(source, file, path, visit);
    await visitIfHere(source, lists.of(file), path, visit);
  }
}

/** Visit a list of blocks. A store may lack it: then the object is verified as a whole. */
async function visitIfHere(
  source: ObjectSource,
  list: RawDigest | undefined,
  file: string,
  visit: Visit,
): Promise<void> {
  if (list !== undefined && source.catalog.first(list) !== undefined)
    await visitObject(source, list, file, visit);
}

async function visitObject(
  source: ObjectSource,
  digest: RawDigest,
  file: string,
  visit: Visit,
  depth = 0,
): Promise<void> {
  if (isEmptyObject(digest)) return;
  checkRecipeDepth(depth, file);
  const location = source.catalog.first(digest);
  visit({ digest, location, file });
  if (location?.at !== 'recipe') return;
  await visitObject(source, location.recipe, file, visit, depth + 1);
  if (source.catalog.first(location.recipe) === undefined) return;
  for await (const chunk of chunksOf(source, digest, location)) {
    const at = source.catalog.first(chunk.digest);
    visit({ digest: chunk.digest, location: at?.at === 'pack' ? at : undefined, file });
  }
}
