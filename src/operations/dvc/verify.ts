import { type DamagedObject, verifyOutputs } from '../../dvc/objects/verify.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { isOnRemotes } from '../../dvc/tree/select.ts';
import type { Context } from '../context/context.ts';
import { inDvc } from './context.ts';

/** `varve verify` in a repository of DVC: the cache, or a remote. */
export async function dvcVerify(context: Context, dvc: DvcRepository, remote: string | undefined) {
  const found = await inDvc(context, dvc, (within) =>
    verifyOutputs(
      within,
      outputsInTree(dvc)
        .filter((output) => remote === undefined || isOnRemotes(output))
        .map((output) => ({ output })),
      remote,
    ),
  );
  return { ...found, damage: found.damage.map((one) => explain(one, remote)) };
}

function explain({ key, problem, users }: DamagedObject, remote: string | undefined) {
  const where = remote === undefined ? 'the cache' : remote;
  return {
    key,
    problem: problem === 'missing' ? `is not in ${where}` : 'has other bytes than its name says',
    roots: users,
    remedy:
      remote === undefined
        ? `Remove ${key} from the cache, then run \`varve fetch\`.`
        : 'Remove it there, then push it again from a clone whose cache is whole.',
  };
}
