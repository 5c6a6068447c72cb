import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { isChosen, joinByPath } from '../../base/files/path-order.ts';
import { isAbsent, systemCode, systemError } from '../../base/files/system-errors.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { checkCollisions, type NameFolding, nameFolding } from '../../workspace/checkout/name-collisions.ts';
import { SafeFolders } from '../../workspace/checkout/safe-folder.ts';
import { refuseTrackedFiles, type Touched } from '../../workspace/checkout/tracked-files.ts';
import { removeUnfinished } from '../../workspace/checkout/unfinished-files.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { type HashName, isDirectory, objectKey } from '../format/object-id.ts';
import { filesOf, isCached, notCached, type OutputFile } from '../objects/cache.ts';
import type { FileFacts } from '../objects/object-jobs.ts';
import type { Wanted } from '../objects/transfer.ts';
import type { DvcContext } from './context.ts';
import { type IdentifiedFile, identify, remember } from './identify.ts';
import { STATE_FOLDER } from './repository.ts';
import type { RecordedOutput } from './select.ts';

export interface CheckedOut {
  readonly output: RecordedOutput;
  readonly written: number;
  readonly writtenBytes: number;
  readonly removed: number;
}

interface Plan {
  readonly output: RecordedOutput;
  readonly keep: readonly IdentifiedFile[];
  readonly place: readonly OutputFile[];
  readonly remove: readonly IdentifiedFile[];
  /** Files whose bytes the cache does not have: they would be lost. */
  readonly unsaved: readonly string[];
  /** As that of scanOutput. */
  readonly unfinished: readonly string[];
  /** Not only a part of the output is brought about. */
  readonly isWhole: boolean;
}

/** Files that are put in place at once; far more than there are workers, so that none waits. */
const AT_ONCE = 256;

/**
 * Make the data match the pointers. Nothing is touched before it is known that all of it can be done: every object is in the
 * cache, and every byte that would go is in the cache too, or was given up by `force`.
 * @throws VarveError `changes-unsaved`, `object-missing`, `name-collision`, `path-tracked`, `dataset-nested`
 */
export async function checkoutOutputs(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: { readonly force?: boolean | undefined },
): Promise<CheckedOut[]> {
  const { repository } = context;
  const { root } = repository;
  new SafeFolders(root).make(STATE_FOLDER);
  const folding = nameFolding(repository);
  const plans: Plan[] = [];
  refuseNested(wanted.map(({ output }) => output.path));
  for (const one of wanted) {
    if (one.output.cached) plans.push(await planOutput(context, one, folding));
  }
  if (!options.force) refuseUnsaved(plans);
  refuseTrackedFiles(root, plans.map(touchedBy), folding, () => false);
  removeUnfinished(
    repository,
    plans.map(({ output, unfinished }) => ({ dataset: output.path, found: unfinished })),
  );
  const results: CheckedOut[] = [];
  for (const plan of plans) results.push(await applyPlan(context, plan));
  return results;
}

async function planOutput(
  context: DvcContext,
  { output, only }: Wanted,
  folding: NameFolding,
): Promise<Plan> {
  const target = await filesOf(context, output);
  checkCollisions(
    target.map(({ path }) => path),
    folding,
    output.path,
  );
  const unfinished: string[] = [];
  const found = await identify(context, output.path, output.id.hash, unfinished);
  const plan = {
    output,
    keep: [] as IdentifiedFile[],
    place: [] as OutputFile[],
    remove: [] as IdentifiedFile[],
    unsaved: [] as string[],
    unfinished,
    isWhole: only === undefined,
  };
  const pathOf = { left: ({ path }: IdentifiedFile) => path, right: ({ path }: OutputFile) => path };
  for (const [here, there] of joinByPath(found?.files ?? [], target, pathOf)) {
    const path = (here ?? there)!.path;
    if (here !== undefined && (here.id.value === there?.id.value || !isChosen(path, only))) {
      plan.keep.push(here);
      continue;
    }
    if (!isChosen(path, only)) continue;
    if (there === undefined) plan.remove.push(here!);
    else plan.place.push(there);
    if (here !== undefined && here.facts.size >= 0 && !(await isSaved(context, output.path, here)))
      plan.unsaved.push(path);
  }
  refuseMissing(context, plan);
  return plan;
}

/** Look for the object by either of DVC's hashes: a repository that began with DVC 2 has data under both. */
async function isSaved(context: DvcContext, output: string, file: IdentifiedFile): Promise<boolean> {
  if (isCached(context, file.id)) return true;
  const { repository, pool } = context;
  const path = join(repository.root, output, file.path);
  const hashOf = async (where: string, hash: HashName) =>
    (await pool.run({ kind: 'hash', path: where, hash })).id;
  const other = await hashOf(path, file.id.hash === 'md5' ? 'md5-dos2unix' : 'md5');
  if (!isCached(context, other)) return false;
  if (other.hash === 'md5') return true;
  // The older hash does not tell CRLF from LF, so the object may be of other bytes.
  const object = await hashOf(join(repository.config.cacheDir, objectKey(other)), 'md5');
  return object.value === file.id.value;
}

function touchedBy({ output, place, remove }: Plan): Touched {
  const paths = [...place, ...remove].map(({ path }) => posix.join(output.path, path));
  return { dataset: output.path, paths };
}

/** As DVC does: two outputs of which one holds the other may have different files at one path. */
function refuseNested(paths: readonly string[]): void {
  const all = new Set(paths);
  for (const path of paths) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const around = path.slice(0, slash);
      if (!all.has(around)) continue;
      throw new VarveError('dataset-nested', `${path} lies within the output ${around}`, {
        path,
        remedy: 'Outputs cannot hold one another: remove one of the two from its pointer.',
      });
    }
  }
}

function refuseMissing(context: DvcContext, { output, place }: Plan): void {
  const missing = notCached(context, place);
  if (missing.length === 0) return;
  throw new VarveError(
    'object-missing',
    `${missing.length} of the files of ${output.path} are not in the cache`,
    {
      path: output.path,
      remedy: `Run \`varve pull ${shellWord(output.path)}\`, which brings them from the remote.`,
    },
  );
}

function refuseUnsaved(plans: readonly Plan[]): void {
  const plan = plans.find(({ unsaved }) => unsaved.length > 0);
  if (plan === undefined) return;
  const path = posix.join(plan.output.path, plan.unsaved[0]!);
  const others =
    plan.unsaved.length === 1 ? '' : ` and ${plan.unsaved.length - 1} more of ${plan.output.path}`;
  const word = shellWord(plan.output.path);
  throw new VarveError('changes-unsaved', `${path}${others} would be lost: its bytes are saved nowhere`, {
    path,
    remedy: `Save them with \`varve add ${word}\`, or give them up with \`varve checkout --force ${word}\`.`,
  });
}

async function applyPlan(context: DvcContext, plan: Plan): Promise<CheckedOut> {
  const { repository, pool, onProgress, signal } = context;
  const { output, keep, place, remove } = plan;
  const { cacheDir: root, linkTypes: links } = repository.config;
  for (const { path } of remove) removeFile(repository.root, output.path, path);
  const folders = new SafeFolders(repository.root);
  folders.make(isDirectory(output.id) ? output.path : posix.dirname(output.path));
  const placed: { path: string; id: OutputFile['id']; facts: FileFacts }[] = [];
  await forEach(place, AT_ONCE, async ({ path, id }) => {
    signal?.throwIfAborted();
    const whole = posix.join(output.path, path);
    folders.make(posix.dirname(whole));
    const target = join(repository.root, whole);
    removeEmptyFolder(target);
    const { facts } = await pool.run({
      kind: 'place',
      root,
      id,
      target,
      links,
      executable: output.executable,
    });
    placed.push({ path, id, facts });
    onProgress?.({ phase: 'checkout', unit: 'files', done: placed.length, total: place.length });
  });
  const { path, id } = output;
  remember(
    context,
    { path, hash: id.hash, ...(plan.isWhole && { id }) },
    [...keep, ...placed],
    fileClock(repository),
  );
  const writtenBytes = placed.reduce((sum, { facts }) => sum + facts.size, 0);
  return { output, written: placed.length, writtenBytes, removed: remove.length };
}

/** A file, and the folders within the output that it leaves empty. */
function removeFile(root: string, output: string, path: string): void {
  const whole = join(root, output, path);
  try {
    unlinkSync(whole);
  } catch (error) {
    if (!isAbsent(error)) throw systemError(error, 'remove', posix.join(output, path));
  }
  const top = join(root, output);
  for (let folder = dirname(whole); folder.startsWith(top); folder = dirname(folder)) {
    if (!removeEmptyFolder(folder)) return;
  }
}

/** Remove an empty folder that stands where a file is to be: it is nothing to keep. */
function removeEmptyFolder(path: string): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOTEMPTY') return false;
    throw systemError(error, 'remove', path);
  }
}
