import { join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';
import { unsupported } from '../../dvc/format/config.ts';
import { ignoreOutput } from '../../dvc/tree/gitignore.ts';
import { DVC_SUFFIX } from '../../dvc/tree/pointers.ts';
import { VarveError } from '../../errors.ts';
import { isCommitted } from '../../workspace/git/committed.ts';
import { readBlobs } from '../../workspace/git/pointers.ts';
import type { CheckoutResult, RestoreVersionsOptions } from '../backend/results.ts';
import type { VersionPart } from '../backend/version.ts';
import { bringWanted, wantedVersion } from './bring.ts';
import { checkoutWanted } from './checkout.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { outputsOf } from './versions.ts';

/** Implements Backend.restore. */
export function restore(
  context: DvcPlace,
  versions: readonly VersionPart[],
  { force, isPointed }: RestoreVersionsOptions,
): Promise<CheckoutResult> {
  const { root } = context.repository;
  const pointers = isPointed ? versions.map((version) => pointerAt(context, version)) : [];
  if (!force) for (const { path } of pointers) refuseUncommitted(root, path);
  if (!isPointed) for (const { version } of versions) refuseAbsent(context, version.path);
  return inDvc(context, async (within) => {
    const wanted = versions.map((version) => wantedVersion(context, version));
    for (const one of wanted) await bringWanted(within, one);
    const result = await checkoutWanted(within, wanted, { force });
    for (const { path, text } of pointers) {
      ignoreOutput(root, path.slice(0, -DVC_SUFFIX.length));
      writeAtomically(join(root, path), [Buffer.from(text)]);
    }
    return result;
  });
}

interface PointerText {
  readonly path: string;
  readonly text: string;
}

/** The `.dvc` file that names a version, if that is all that it names. @throws VarveError `dvc-unsupported` */
function pointerAt(context: DvcPlace, { version, part }: VersionPart): PointerText {
  const { repository } = context;
  const { path, commit } = version;
  const outputs = outputsOf(repository, commit);
  const { pointer } = outputs.find((output) => output.path === path)!;
  const isAlone = outputs.filter((output) => output.pointer === pointer).length === 1;
  if (part !== undefined || !isAlone || pointer !== path + DVC_SUFFIX)
    throw unsupported(
      `going back to a version of ${path}${part === undefined ? '' : `/${part}`}, which has no \`.dvc\` file of its own,`,
      '`varve restore` in place of `varve checkout` brings its data, and leaves pointers alone.',
      path,
    );
  const name = `${commit}:${repository.prefix}${pointer}`;
  const text =
    commit === undefined
      ? readTrackedIfThere(repository.root, pointer)
      : readBlobs(repository.root, [name]).get(name);
  return { path: pointer, text: text! };
}

function refuseUncommitted(root: string, pointer: string): void {
  const text = readTrackedIfThere(root, pointer);
  if (text === undefined || isCommitted(root, pointer, text.replaceAll('\r\n', '\n'))) return;
  throw new VarveError('changes-unsaved', `No commit has ${pointer} as it lies here`, {
    path: pointer,
    remedy: 'Commit it, so that its version is not lost, or give it up with `--force`.',
  });
}

function refuseAbsent({ repository }: DvcPlace, path: string): void {
  if (outputsOf(repository, undefined).some((output) => output.path === path)) return;
  throw new VarveError('dataset-missing', `${path} is not an output of DVC here any more`, {
    path,
    remedy: 'Bring it back with its pointer by `varve checkout PATH@REV`, or copy it by `varve get`.',
  });
}
