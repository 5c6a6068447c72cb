import { VarveError } from '../errors.ts';

/**
 * Split words into the address of another repository, if there is one more than needed, and the rest.
 * @param words `[repository] path`
 */
export function splitRepository(words: readonly string[]): {
  readonly repository: string | undefined;
  readonly path: string;
} {
  const [first, second, ...more] = words;
  if (more.length === 0)
    return { repository: second === undefined ? undefined : first, path: second ?? first! };
  throw new VarveError('usage', 'One path is taken at a time, behind the repository if it is of another', {
    remedy: 'Run the command with --help for its usage.',
  });
}
