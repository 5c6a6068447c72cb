import { isWithin } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { ObjectId } from '../format/object-id.ts';
import type { Output } from '../format/output.ts';
import type { DvcContext } from './context.ts';

/** An output that a command is about; `only` are the files and folders within it, where not all is meant. */
export interface Selected {
  readonly output: Output;
  readonly only?: readonly string[];
}

/** An output whose data is known. */
export type RecordedOutput = Output & { readonly id: ObjectId };

/**
 * The outputs that paths of the user name: each an output, its `.dvc` file, a folder with outputs below, or a file or
 * folder within an output. No paths: all.
 * @throws VarveError `dataset-missing`, `path-outside`
 */
export function selectOutputs(
  context: Pick<DvcContext, 'repository' | 'cwd'>,
  outputs: readonly Output[],
  paths: readonly string[],
): Selected[] {
  if (paths.length === 0) return outputs.map((output) => ({ output }));
  const chosen = new Map<Output, Set<string> | undefined>();
  for (const path of paths) {
    for (const { output, part } of namedBy(outputs, namedPath(context, path), path)) {
      const parts = chosen.get(output);
      if (part === undefined) chosen.set(output, undefined);
      else if (parts !== undefined || !chosen.has(output)) chosen.set(output, (parts ?? new Set()).add(part));
    }
  }
  return [...chosen].map(([output, parts]) =>
    parts === undefined ? { output } : { output, only: [...parts].sort() },
  );
}

/** Resolve a path that the user wrote, from the top of the DVC repository; '' for that itself. */
export function namedPath(context: Pick<DvcContext, 'repository' | 'cwd'>, path: string): string {
  return pathInRepository(context.repository, context.cwd, path);
}

/** The output that a path of the user names as a whole, by its data or its `.dvc` file. */
export function outputNamed(outputs: readonly Output[], path: string): Output | undefined {
  return outputs.find(
    (output) => output.path === path || (output.pointer === path && output.stage === undefined),
  );
}

/**
 * Tell whether the output's data belongs on remotes: not if `push: false` keeps it out, or `dvc import` takes it from
 * another repository.
 */
export function isOnRemotes(output: Output): boolean {
  return output.cached && output.pushed && output.imported !== 'repository';
}

export function isRecorded(output: Output): output is RecordedOutput {
  return output.id !== undefined;
}

function namedBy(
  outputs: readonly Output[],
  path: string,
  written: string,
): { output: Output; part?: string }[] {
  const output = outputNamed(outputs, path);
  if (output !== undefined) return [{ output }];
  const around = outputs.find((other) => isWithin(path, other.path));
  if (around !== undefined) return [{ output: around, part: path.slice(around.path.length + 1) }];
  const below = outputs.filter((other) => isWithin(other.path, path) || other.pointer === path);
  if (below.length > 0) return below.map((other) => ({ output: other }));
  throw new VarveError('dataset-missing', `${written} is not an output of DVC, and holds none`, {
    path: written,
    remedy: `\`varve status\` lists the datasets; \`varve add PATH\` makes one. A revision goes behind a path: \`data/x.csv@v1\`.`,
  });
}
