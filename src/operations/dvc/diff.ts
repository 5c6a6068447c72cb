import { chosenWithin } from '../../base/files/path-order.ts';
import { isDirectory } from '../../dvc/format/object-id.ts';
import type { Output } from '../../dvc/format/output.ts';
import { cachedFiles, type OutputFile } from '../../dvc/objects/cache.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsAt } from '../../dvc/tree/pointers.ts';
import { isRecorded, namedPath, type RecordedOutput } from '../../dvc/tree/select.ts';
import { fileChanges, outputStatus } from '../../dvc/tree/status.ts';
import type { ComparedDataset, DatasetDiff, Totals } from '../backend/results.ts';
import { withFileRenames } from '../datasets/renames.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { outputFacts, outputsOf } from './versions.ts';

const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

/** Implements Backend.diff. */
export function diff(
  context: DvcPlace,
  { before, after }: { readonly before: string; readonly after: string | undefined },
  paths: readonly string[],
): Promise<ComparedDataset[]> {
  const { repository } = context;
  return inDvc(context, async (within) => {
    const left = byPath(outputsAt(repository, before));
    const right = byPath(outputsOf(repository, after));
    const chosen = paths.map((path) => namedPath(within, path));
    const datasets: ComparedDataset[] = [];
    for (const path of [...new Set([...left.keys(), ...right.keys()])].sort()) {
      const isNamed = chosen.length === 0 || chosen.includes(right.get(path)?.pointer ?? path);
      const only = isNamed ? undefined : chosenWithin(path, chosen);
      if (only?.length === 0) continue;
      const pair = { only, before: recordedOnly(left.get(path)), after: recordedOnly(right.get(path)) };
      const found = await outputDiff(within, path, pair, after === undefined);
      if (found !== undefined) datasets.push(found);
    }
    return datasets;
  });
}

interface Pair {
  /** The files and folders within that are compared, if that is not all. */
  readonly only: readonly string[] | undefined;
  readonly before: RecordedOutput | undefined;
  readonly after: RecordedOutput | undefined;
}

async function outputDiff(
  context: DvcContext,
  path: string,
  { only, before, after }: Pair,
  isWorkingTree: boolean,
): Promise<ComparedDataset | undefined> {
  const live = isWorkingTree && after !== undefined ? await unsaved(context, after) : undefined;
  if (live === undefined && before?.id.value === after?.id.value) return undefined;
  const files = await changes(
    context,
    before,
    live?.files ??
      (after && (await cachedFiles(context, after.id))) ??
      (after === undefined ? [] : undefined),
    only,
  );
  if (only !== undefined && files?.length === 0) return undefined;
  const isFolder = [before, after].some((side) => side !== undefined && isDirectory(side.id));
  const found: DatasetDiff = {
    path,
    change: before === undefined ? 'added' : after === undefined ? 'removed' : 'modified',
    before: totals(before),
    after: live === undefined ? totals(after) : { bytes: live.size, files: live.files.length },
    ...(files === undefined || !isFolder ? {} : { files }),
  };
  // Statistics are those of the whole.
  if (live !== undefined || only !== undefined) return { diff: found };
  if (before === undefined || after === undefined)
    return { diff: found, content: outputFacts((before ?? after)!).content };
  return { diff: found, versions: [outputFacts(before), outputFacts(after)] };
}

/** Look at the working tree's data; undefined if it is what its pointer names. */
async function unsaved(context: DvcContext, output: RecordedOutput) {
  const { state, found } = await outputStatus(context, { output });
  return state === 'modified' ? found : undefined;
}

async function changes(
  context: DvcContext,
  before: RecordedOutput | undefined,
  after: readonly OutputFile[] | undefined,
  only: readonly string[] | undefined,
) {
  const then = before === undefined ? [] : await cachedFiles(context, before.id);
  if (then === undefined || after === undefined) return undefined;
  const ids = { removed: idsOf(then), added: idsOf(after) };
  return withFileRenames(fileChanges(then, after, only), ({ path, change }) =>
    change === 'added' || change === 'removed' ? ids[change].get(path) : undefined,
  );
}

/** Of no file that is empty, of which no two are the same file. */
function idsOf(files: readonly OutputFile[]): Map<string, string> {
  return new Map(files.flatMap(({ path, id }) => (id.value === EMPTY_MD5 ? [] : [[path, id.value]])));
}

function totals(output: RecordedOutput | undefined): Totals | null {
  if (output === undefined) return null;
  const { bytes, files, rows } = outputFacts(output);
  return { bytes, files, ...(rows === undefined ? {} : { rows }) };
}

function recordedOnly(output: Output | undefined): RecordedOutput | undefined {
  return output !== undefined && isRecorded(output) ? output : undefined;
}

function byPath(outputs: readonly Output[]): Map<string, Output> {
  return new Map(outputs.map((output) => [output.path, output]));
}
