import { type DamagedObject, verifyOutputs } from '../../dvc/objects/verify.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import { isOnRemotes } from '../../dvc/tree/select.ts';
import type { VerifyResult } from '../backend/results.ts';
import { type DvcPlace, inDvc } from './context.ts';

/** See Backend.verify. */
export async function verify(context: DvcPlace, remote: string | undefined): Promise<VerifyResult> {
  const found = await inDvc(context, (within) =>
    verifyOutputs(
      within,
      outputsInTree(within.repository)
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
