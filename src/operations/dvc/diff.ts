import { isWithin } from '../../base/path-order.ts';
import type { DriftReport } from '../../drift/model.ts';
import { isDirectory } from '../../dvc/format/object-id.ts';
import type { Output } from '../../dvc/format/output.ts';
import { cachedFiles, type OutputFile } from '../../dvc/objects/cache.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsAt, outputsInTree } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { isRecorded, namedPath, type Recorded } from '../../dvc/tree/select.ts';
import { fileChanges, outputStatus } from '../../dvc/tree/status.ts';
import type { Store } from '../../store/store.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { Context } from '../context/context.ts';
import { closing, openCache } from '../context/stores.ts';
import { inDvc } from './context.ts';
import { asPointer } from './datasets.ts';

/** What varve compares statistics with: see `CompareStatistics`. */
type Compare = (cache: Store, before: Pointer, after: Pointer) => Promise<DriftReport | undefined>;

/** `varve diff` in a repository of DVC; `commits` are resolved, and the first is there. */
export function dvcDiff(
  context: Context,
  dvc: DvcRepository,
  commits: readonly [before: string, after: string | undefined],
  paths: readonly string[],
  compare: Compare | undefined,
) {
  return inDvc(context, dvc, async (within) => {
    const [before, after] = commits;
    const left = new Map(outputsAt(dvc, before).map((output) => [output.path, output]));
    const right = new Map(
      (after === undefined ? outputsInTree(dvc) : outputsAt(dvc, after)).map((output) => [
        output.path,
        output,
      ]),
    );
    const chosen = paths.map((path) => namedPath(within, path));
    const datasets: NonNullable<Awaited<ReturnType<typeof outputDiff>>>[] = [];
    await closing(await openCache(context), async (cache) => {
      for (const path of [...new Set([...left.keys(), ...right.keys()])].sort()) {
        const isWanted =
          chosen.length === 0 ||
          chosen.some((one) => isWithin(path, one) || one === right.get(path)?.pointer);
        const pair = { before: recordedOnly(left.get(path)), after: recordedOnly(right.get(path)) };
        const found = isWanted
          ? await outputDiff(within, path, pair, after === undefined, { cache, compare })
          : undefined;
        if (found !== undefined) datasets.push(found);
      }
    });
    return { before, after: after ?? null, datasets };
  });
}

async function outputDiff(
  context: DvcContext,
  path: string,
  { before, after }: { readonly before: Recorded | undefined; readonly after: Recorded | undefined },
  isWorkingTree: boolean,
  { cache, compare }: { readonly cache: Store; readonly compare: Compare | undefined },
) {
  const live = isWorkingTree && after !== undefined ? await unsaved(context, after) : undefined;
  if (live === undefined && before?.id.value === after?.id.value) return undefined;
  const files = await changes(
    context,
    before,
    live?.files ??
      (after && (await cachedFiles(context, after.id))) ??
      (after === undefined ? [] : undefined),
  );
  const isCompared = live === undefined && before !== undefined && after !== undefined;
  const statistics = isCompared ? await compare?.(cache, asPointer(before), asPointer(after)) : undefined;
  const isFolder = [before, after].some((side) => side !== undefined && isDirectory(side.id));
  return {
    path,
    change:
      before === undefined
        ? ('added' as const)
        : after === undefined
          ? ('removed' as const)
          : ('modified' as const),
    before: totals(before),
    after: live === undefined ? totals(after) : { bytes: live.size, files: live.files.length },
    ...(files === undefined || !isFolder ? {} : { files }),
    ...(statistics === undefined ? {} : { statistics }),
  };
}

/** The working tree's data where it is not what its pointer names. */
async function unsaved(context: DvcContext, output: Recorded) {
  const { state, found } = await outputStatus(context, { output });
  return state === 'modified' ? found : undefined;
}

async function changes(
  context: DvcContext,
  before: Recorded | undefined,
  after: readonly OutputFile[] | undefined,
) {
  const then = before === undefined ? [] : await cachedFiles(context, before.id);
  return then === undefined || after === undefined ? undefined : fileChanges(then, after);
}

function totals(output: Recorded | undefined) {
  if (output === undefined) return null;
  const { bytes, files, rows } = asPointer(output);
  return { bytes, files, ...(rows === undefined ? {} : { rows }) };
}

function recordedOnly(output: Output | undefined): Recorded | undefined {
  return output !== undefined && isRecorded(output) ? output : undefined;
}
