import { type ErrorCode, VarveError } from '../../../errors.ts';
import type { DatasetProblem } from '../../backend/results.ts';

/** What is wrong with one dataset and says nothing of the others. A name or a path that leads out is not among them: that is no accident. */
const OF_ONE_DATASET: ReadonlySet<ErrorCode> = new Set([
  'dataset-nested',
  'digest-invalid',
  'name-unsupported',
  'nested-repository',
  'pointer-conflict',
  'pointer-damaged',
  'pointer-too-new',
  'special-file-refused',
  'symlink-refused',
]);

/** Collects what is wrong with single datasets, so that it does not stop the work on all others. */
export class Problems {
  readonly #errors: VarveError[] = [];
  readonly #found: DatasetProblem[] = [];

  /** Do the work on one dataset. If that dataset is at fault, note it and return undefined. */
  async except<T>(dataset: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VarveError) || !OF_ONE_DATASET.has(error.code)) throw error;
      this.#errors.push(error);
      const { code, message, path = dataset, remedy } = error;
      this.#found.push({ dataset, code, message, path, remedy });
      return undefined;
    }
  }

  /**
   * What was found, as a part of a result: absent if there is nothing.
   * @param rest how many datasets the command goes on with. If there are none, what is wrong is what the command has to say.
   * @throws VarveError any that was noted
   */
  besides(rest: number): { readonly problems?: readonly DatasetProblem[] } {
    const [first] = this.#errors;
    if (first === undefined) return {};
    if (rest === 0) throw first;
    return { problems: this.#found };
  }
}
