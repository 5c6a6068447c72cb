import { VarveError } from '../../errors.ts';
import { isValidKey } from '../../remote/key.ts';
import { isNameOfStore } from '../../remote/store-layout.ts';

/** @throws VarveError `table-path-invalid` unless a table can lie there, in the folder of a remote */
export function checkTablePath(path: string): void {
  if (isValidKey(`${path}/_`) && !isNameOfStore(path.split('/', 1)[0]!)) return;
  throw new VarveError(
    'table-path-invalid',
    `${JSON.stringify(path.slice(0, 200))} is no folder of a remote that a table can have`,
    {
      path,
      remedy:
        'Name one from the folder of the remote, by letters, digits, `.`, `_`, `-` and `/`, which the store itself does not use: `tables/flights`.',
    },
  );
}
