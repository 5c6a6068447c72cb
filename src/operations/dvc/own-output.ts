import { unsupported } from '../../dvc/format/config.ts';
import type { Output } from '../../dvc/format/output.ts';
import { DVC_SUFFIX, outputsInTree } from '../../dvc/tree/pointers.ts';
import { namedPath, outputNamed } from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import type { DvcPlace } from './context.ts';

/**
 * The output that a path of the user names, if a `.dvc` file of its name is all that names it: what varve may take away or move.
 * @throws VarveError `dataset-missing`; `dvc-unsupported` for what a stage makes, or a file names beside others
 */
export function ownOutput(context: DvcPlace, path: string, verb: 'remove' | 'move'): Output {
  const outputs = outputsInTree(context.repository);
  const output = outputNamed(outputs, namedPath(context, path));
  if (output === undefined) {
    throw new VarveError('dataset-missing', `${path} is not an output of DVC`, {
      path,
      remedy: '`varve status` lists the outputs that there are.',
    });
  }
  const doing = `the ${verb === 'move' ? 'moving' : 'removal'} of ${output.path}, which`;
  const { stage, pointer } = output;
  if (stage !== undefined)
    throw unsupported(
      `${doing} a stage makes,`,
      verb === 'move'
        ? 'Edit its `dvc.yaml`, then run `dvc repro`.'
        : 'Run `dvc remove` with the name of the stage.',
      path,
    );
  const isAlone = outputs.filter((other) => other.pointer === pointer).length === 1;
  if (isAlone && pointer === output.path + DVC_SUFFIX) return output;
  throw unsupported(`${doing} ${pointer} names,`, `Run \`dvc ${verb} ${shellWord(pointer)}\`.`, path);
}
