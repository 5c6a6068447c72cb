import { VarveError } from '../../errors.ts';

/**
 * Load a package that is installed only by those who need it.
 * @param scheme of the remotes that need it
 * @param packages what to install
 * @throws VarveError `driver-missing`
 */
export async function driver<T>(
  scheme: string,
  packages: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const names = packages.join(' ');
    const which = packages.length === 1 ? 'which is not installed' : 'which are not all installed';
    throw new VarveError(
      'driver-missing',
      `Remotes at ${scheme}:// need ${packages.join(' and ')}, ${which}`,
      {
        path: packages[0]!,
        remedy: `Run \`npm install ${names}\` where varve is a package of a project, \`npm install --global ${names}\` where it is global.`,
      },
    );
  }
}
