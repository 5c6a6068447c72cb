import { lstatSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { problemOfDataPath } from '../../base/files/data-path.ts';
import { isWithin } from '../../base/files/path-order.ts';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { git } from '../../workspace/git/git.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { unsupported } from '../format/config.ts';
import { encodeDirectory } from '../format/directory-manifest.ts';
import { type HashName, objectKey } from '../format/object-id.ts';
import type { Output, ProfileReference } from '../format/output.ts';
import { resolveInside } from '../format/paths.ts';
import { newPointer, updatePointer, withoutProfile, withProfile } from '../format/pointer-edit.ts';
import { isCached } from '../objects/cache.ts';
import type { DvcContext } from './context.ts';
import { ignoreOutput, refuseTracked } from './gitignore.ts';
import { type Identified, type IdentifiedFile, identified, remember } from './identify.ts';
import { DVC_SUFFIX, outputsInTree } from './pointers.ts';
import { type FoundFile, scanOutput } from './scan.ts';
import { namedPath, outputNamed } from './select.ts';
import { readDvcStatCache } from './stat-cache.ts';

export interface AddedOutput {
  readonly path: string;
  readonly pointer: string;
  readonly data: Identified;
  readonly profile: ProfileReference | undefined;
  readonly change: 'new' | 'changed' | 'unchanged';
}

/** Statistics of data that is in the cache by now; undefined if there are none of it. */
export type ProfileOutput = (path: string, data: Identified) => Promise<ProfileReference | undefined>;

/** Files on their way into the cache at once; far more than there are workers, so that none waits. */
const AT_ONCE = 256;

interface Target {
  readonly path: string;
  readonly pointer: string;
  readonly known: Output | undefined;
}

/**
 * Take data into DVC's cache and write its `.dvc` file, as `dvc add` does and to the same bytes, but for the profile in
 * `meta`. All paths or none: pointers are written after the cache has everything.
 */
export async function addOutputs(
  context: DvcContext,
  paths: readonly string[],
  profileOutput: ProfileOutput,
): Promise<AddedOutput[]> {
  const outputs = outputsInTree(context.repository);
  const targets = [
    ...new Map(paths.map((path) => targetOf(context, outputs, path)).map((one) => [one.path, one])).values(),
  ];
  const ready: {
    target: Target;
    data: Identified;
    profile: ProfileReference | undefined;
    readAtMs: number;
  }[] = [];
  for (const target of targets) {
    const readAtMs = fileClock(context.repository);
    const data = await takeIn(context, target);
    ready.push({ target, data, profile: await profileOutput(target.path, data), readAtMs });
  }
  const added: AddedOutput[] = [];
  for (const { target, data, profile, readAtMs } of ready) {
    const relinked = await relink(context, target.path, data);
    const change = record(context, target, data, profile);
    remember(
      context,
      { path: target.path, hash: data.id.hash, id: data.id },
      relinked,
      relinked === data.files ? readAtMs : fileClock(context.repository),
    );
    added.push({ path: target.path, pointer: target.pointer, data, profile, change });
  }
  return added;
}

/** @throws VarveError for every path that cannot become an output */
function targetOf(context: DvcContext, outputs: readonly Output[], written: string): Target {
  const { root, ignore } = context.repository;
  const named = namedPath(context, written);
  const known = outputNamed(outputs, named);
  const path = known?.path ?? named;
  const folder = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (known?.stage !== undefined)
    throw unsupported(
      `adding ${path}, which the stage ${known.stage} makes`,
      'Run `dvc repro` or `dvc commit`.',
      path,
    );
  if (known?.imported !== undefined)
    throw unsupported(
      `adding ${path}, which was imported`,
      `Run \`dvc update ${shellWord(known.pointer)}\`.`,
      path,
    );
  if (known?.cached === false)
    throw unsupported(`adding ${path}, which DVC keeps in Git`, 'Commit it with Git.', path);
  const problem = path.endsWith(DVC_SUFFIX)
    ? 'has the name of a pointer'
    : (problemOfDataPath(path) ??
      (resolveInside('', path) === undefined ? 'has the form of an address' : undefined));
  if (problem !== undefined) {
    throw new VarveError('path-unsupported', `No data may lie at ${JSON.stringify(written)}: it ${problem}`, {
      path: written,
      remedy: 'Put the data into a folder of its own, such as data/, and add that.',
    });
  }
  if (folder === undefined) {
    throw new VarveError('path-missing', `There is nothing at ${written}`, {
      path: written,
      remedy: 'Check the spelling; data that is not here comes by `varve pull`.',
    });
  }
  if (ignore.ignoresWithin(folder.isDirectory() ? `${path}/` : path)) {
    throw new VarveError('path-ignored', `${path} is named in a .dvcignore`, {
      path,
      remedy: 'Narrow the rule: `dvc check-ignore --details` shows it.',
    });
  }
  refuseOverlap(outputs, path);
  refuseTracked(root, path);
  const pointer = known?.pointer ?? `${path}${DVC_SUFFIX}`;
  if (git(root, ['check-ignore', '-q', '--', pointer], { accept: [1] }).code === 0) {
    throw new VarveError('pointer-ignored', `Git ignores ${pointer}, so the data could not be committed`, {
      path: pointer,
      remedy: `Find the rule with \`git check-ignore -v -- ${shellWord(pointer)}\`, and narrow it.`,
    });
  }
  return { path, pointer, known };
}

function refuseOverlap(outputs: readonly Output[], path: string): void {
  const other = outputs.find(
    (output) => output.path !== path && (isWithin(output.path, path) || isWithin(path, output.path)),
  );
  if (other === undefined) return;
  throw new VarveError('dataset-nested', `${path} and the output ${other.path} overlap`, {
    path,
    remedy: isWithin(path, other.path)
      ? `Run \`varve add ${shellWord(other.path)}\`: it takes only what changed.`
      : 'Add either the whole or the parts.',
  });
}

/** The data, every object of which is in the cache when this resolves. */
async function takeIn(context: DvcContext, { path, known }: Target): Promise<Identified> {
  const found = scanOutput(context.repository, path);
  if (found === undefined)
    throw new VarveError('path-missing', `${path} went away`, { path, remedy: 'Run the command again.' });
  const legacy =
    known?.id?.hash === 'md5-dos2unix'
      ? await storeFiles(context, path, found.files, 'md5-dos2unix')
      : undefined;
  // DVC goes over to its new hash with the first change, not before.
  const old = legacy && identified(found.kind, legacy, 'md5-dos2unix');
  if (old?.id.value === known?.id?.value && old !== undefined) return storeList(context, old);
  return storeList(
    context,
    identified(found.kind, await storeFiles(context, path, found.files, 'md5'), 'md5'),
  );
}

async function storeFiles(
  context: DvcContext,
  output: string,
  files: readonly FoundFile[],
  hash: HashName,
): Promise<IdentifiedFile[]> {
  const { repository, pool, onProgress, signal } = context;
  const { cacheDir: root, shared } = repository.config;
  const known = readDvcStatCache(repository, output, hash);
  const stored: IdentifiedFile[] = [];
  let done = 0;
  await forEach(files.keys(), AT_ONCE, async (index) => {
    signal?.throwIfAborted();
    const file = files[index]!;
    const value = known.md5(file, index);
    const path = join(repository.root, output, file.path);
    if (value !== undefined && isCached(context, { hash, value }))
      stored[index] = { ...file, id: { hash, value } };
    else {
      const { id, facts } = await pool.run({ kind: 'store', path, root, hash, shared });
      stored[index] = { ...file, id, facts };
    }
    onProgress?.({ phase: `add ${output}`, unit: 'files', done: ++done, total: files.length });
  });
  return stored;
}

async function storeList(context: DvcContext, data: Identified): Promise<Identified> {
  const { pool, repository } = context;
  const { cacheDir: root, shared } = repository.config;
  if (data.kind === 'file' || isCached(context, data.id)) return data;
  await pool.run({
    kind: 'save',
    root,
    id: data.id,
    from: new Uint8Array(encodeDirectory(data.files)),
    shared,
  });
  return data;
}

/** Make the workspace's files links to the cache if `cache.type` asks for links; return what they are then. */
async function relink(
  context: DvcContext,
  output: string,
  data: Identified,
): Promise<readonly IdentifiedFile[]> {
  const { repository, pool } = context;
  const { cacheDir: root, linkTypes: links } = repository.config;
  const executable = data.kind === 'file' && data.files[0]!.executable;
  const files = [...data.files];
  let changed = false;
  await forEach(files.keys(), AT_ONCE, async (index) => {
    const file = files[index]!;
    if (isLinkedAs(file, links[0]!, join(root, objectKey(file.id)))) return;
    const target = join(repository.root, output, file.path);
    const { facts } = await pool.run({ kind: 'place', root, id: file.id, target, links, executable });
    files[index] = { ...file, facts };
    changed = true;
  });
  return changed ? files : data.files;
}

function isLinkedAs(file: FoundFile, type: string, object: string): boolean {
  if (type === 'symlink') return file.link === 'symlink';
  if (type !== 'hardlink')
    return file.link !== 'symlink' && (file.link === 'none' || statSync(object).ino !== file.facts.inode);
  return file.facts.size === 0 ? file.link === 'none' : statSync(object).ino === file.facts.inode;
}

function record(
  context: DvcContext,
  { path, pointer, known }: Target,
  data: Identified,
  profile: ProfileReference | undefined,
): AddedOutput['change'] {
  const { root, config } = context.repository;
  const recorded = {
    id: data.id,
    size: data.size,
    ...(data.kind === 'directory' && { files: data.files.length }),
    executable: data.kind === 'file' && data.files[0]!.executable,
  };
  const file = join(root, pointer);
  const before = readTrackedIfThere(root, pointer);
  const bare =
    before === undefined || known === undefined
      ? newPointer(posix.basename(path), recorded)
      : updatePointer(before, pointer, recorded);
  const same =
    profile !== undefined && known?.id?.value === data.id.value && known.profile?.digest === profile.digest;
  const text = same
    ? bare
    : profile === undefined
      ? withoutProfile(bare, pointer)
      : withProfile(bare, pointer, data.id, profile);
  if (text !== before) writeAtomically(file, [Buffer.from(text)]);
  const ignored = ignoreOutput(root, path);
  if (config.autostage) git(root, ['add', '--', pointer, ...(ignored === undefined ? [] : [ignored])]);
  return before === undefined ? 'new' : text === before ? 'unchanged' : 'changed';
}
