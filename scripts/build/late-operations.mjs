import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** DVC's backend has a file of its own, which is loaded where a repository of DVC is found. */
export const DVC_BACKEND = 'src/operations/dvc/backend.ts';
/** What imports each operation when it is called. */
const BACKENDS = ['src/operations/varve/backend.ts', DVC_BACKEND];
/** What else is imported when it is called, and not needed to read from the cache: clients of buckets, the library. */
const READING = ['src/operations/varve/file-reader.ts', 'src/remote/open.ts', 'src/rpc/methods.ts'];
const READERS = ['src/operations/varve/file-reader.ts', 'src/operations/varve/read-files.ts'];

/** AWS's client is a third of what commands would be, and only those need it that open a bucket. */
export const S3_CLIENT = 'src/remote/s3/s3.ts';

/** The client of SSH is loaded when a remote or a source lies there. */
export const SSH_CLIENT = 'src/remote/ssh/ssh.ts';

const OWN_FILES = { [DVC_BACKEND]: './dvc.cjs', [S3_CLIENT]: './s3.cjs', [SSH_CLIENT]: './ssh.cjs' };

/** The files of all operations, and of what readers do without, from the root. */
export function operationFiles(root) {
  const files = [...BACKENDS, ...READING].flatMap((caller) =>
    [...readFileSync(join(root, caller), 'utf8').matchAll(/[ (]import\('([^']+)'\)/g)].map(([, path]) =>
      relative(root, join(root, dirname(caller), path)),
    ),
  );
  return [...new Set(files)].filter((file) => OWN_FILES[file] === undefined);
}

/** Loads DVC's backend and the clients of S3 and SSH from files of their own. */
export const lateFiles = (root) => ({
  name: 'late-files',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      const own = OWN_FILES[relative(root, join(resolveDir, path))];
      return kind === 'dynamic-import' && own !== undefined ? { path: own, external: true } : undefined;
    });
  },
});

/** Of what is imported when it is called, a file for one command has in it its own; the others are in the file of all commands. */
export const onlyOperation = (root, own) => elsewhere(root, BACKENDS, [own]);

/** A file for a process that reads versions has that in it; all else is in the file of all commands. */
export const onlyReading = (root) => elsewhere(root, [...BACKENDS, ...READING], READERS);

const elsewhere = (root, callers, own) => ({
  name: 'only-operation',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ kind, path, importer, resolveDir }) => {
      if (kind !== 'dynamic-import' || !callers.includes(relative(root, importer))) return undefined;
      const file = relative(root, join(resolveDir, path));
      return own.includes(file) ? undefined : { path: file, namespace: 'other-operation' };
    });
    onResolve({ filter: /./, namespace: 'other-operation' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'other-operation' }, ({ path: file }) => ({
      contents: `module.exports=require('./commands.cjs')['${file}']()`,
    }));
  },
});
