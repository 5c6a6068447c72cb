import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** DVC's backend has a file of its own, which is loaded where a repository of DVC is found. */
export const DVC_BACKEND = 'src/operations/dvc/backend.ts';
/** What imports each operation when it is called. */
const BACKENDS = ['src/operations/varve/backend.ts', DVC_BACKEND];

/** The files of all operations, from the root. */
export function operationFiles(root) {
  const files = BACKENDS.flatMap((backend) =>
    [...readFileSync(join(root, backend), 'utf8').matchAll(/ import\('([^']+)'\)/g)].map(([, path]) =>
      relative(root, join(root, dirname(backend), path)),
    ),
  );
  return [...new Set(files)];
}

/** The client of SSH has a file of its own, which is loaded when a remote or a source lies there. */
export const SSH_CLIENT = 'src/remote/ssh/ssh.ts';

/** Loads DVC's backend from its own file. */
export const lateDvc = (root) => inOwnFile(root, 'late-dvc', DVC_BACKEND, 'dvc');

/** Loads the client of SSH from its own file. */
export const lateSsh = (root) => inOwnFile(root, 'late-ssh', SSH_CLIENT, 'ssh');

function inOwnFile(root, name, file, bundle) {
  return {
    name,
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
        kind === 'dynamic-import' && relative(root, join(resolveDir, path)) === file
          ? { path: `./${bundle}.cjs`, external: true }
          : undefined,
      );
    },
  };
}

/** Of the operations of backends, a file for one command has in it that one; the others are in the file of all commands. */
export const onlyOperation = (root, own) => ({
  name: 'only-operation',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ kind, path, importer, resolveDir }) => {
      if (kind !== 'dynamic-import' || !BACKENDS.includes(relative(root, importer))) return undefined;
      const file = relative(root, join(resolveDir, path));
      return file === own ? undefined : { path: file, namespace: 'other-operation' };
    });
    onResolve({ filter: /./, namespace: 'other-operation' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'other-operation' }, ({ path: file }) => ({
      contents: `module.exports=require('./commands.cjs')['${file}']()`,
    }));
  },
});
