import type { ProfileReference } from '../../dvc/format/output.ts';
import { addOutputs } from '../../dvc/tree/add.ts';
import type { Identified } from '../../dvc/tree/identify.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import { isRecorded, type RecordedOutput } from '../../dvc/tree/select.ts';
import type { Store } from '../../store/store.ts';
import type { BackendAddOptions } from '../backend/backend.ts';
import type { AddedDataset, AddResult } from '../backend/results.ts';
import type { Profiler } from '../statistics/profiler.ts';
import type { DvcPlace } from './context.ts';
import { inDvcWithProfiles, keepProfile } from './profiles.ts';
import { contentKeyOf, outputFacts } from './versions.ts';

/** Implements Backend.add. */
export function add(
  context: DvcPlace,
  paths: readonly string[],
  { profiler }: BackendAddOptions,
): Promise<AddResult> {
  const { repository } = context;
  return inDvcWithProfiles(context, async (within, profiles) => {
    const before = new Map(outputsInTree(repository).map((output) => [output.path, output]));
    const added = await addOutputs(within, paths, (path, data) => {
      const known = before.get(path);
      if (known?.profile !== undefined && known.id?.value === data.id.value)
        return Promise.resolve(known.profile);
      return profileOf(repository.root, profiles, profiler, path, data);
    });
    const after = outputsInTree(repository).filter(isRecorded);
    const datasets = added.map(({ path, change }) =>
      describe(after.find((one) => one.path === path)!, change),
    );
    return { datasets };
  });
}

function describe(output: RecordedOutput, change: AddedDataset['change']): AddedDataset {
  const { kind, content, bytes, files, rows, profile } = outputFacts(output);
  return {
    path: output.path,
    kind,
    digest: content,
    bytes,
    files,
    ...(output.executable ? { executable: true } : {}),
    ...(rows === undefined ? {} : { rows }),
    ...(profile === undefined ? {} : { profile }),
    change,
  };
}

async function profileOf(
  root: string,
  profiles: Store,
  profiler: Profiler | undefined,
  path: string,
  { kind, files }: Identified,
): Promise<ProfileReference | undefined> {
  const profile = await profiler?.({
    path,
    absolutePath: `${root}/${path}`,
    kind,
    files: files.map((file) => ({ path: file.path, content: contentKeyOf(file.id), size: file.facts.size })),
    known: undefined,
  });
  if (profile === undefined) return undefined;
  const digest = await keepProfile(profiles, profile.bytes);
  return { digest, ...(profile.rows !== undefined && { rows: profile.rows }) };
}
