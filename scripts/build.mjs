// Makes dist/: the bundles of the command line, the library and its threads, their licences and the library's type declarations.
// Usage: node scripts/build.mjs [--no-types]
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCommandLine, buildLibrary, root } from './build/bundles.mjs';
import { licencesOf } from './build/licences.mjs';
import { writeTypes } from './build/types.mjs';

const dist = join(root, 'dist');
// Made aside and swapped in, so that a `varve` that runs meanwhile finds the old build or the new one.
const made = join(root, `.build-${process.pid}`);
try {
  const metafiles = (await Promise.all([buildLibrary(made), buildCommandLine(made)])).flat();
  writeFileSync(join(made, 'third-party-licences.txt'), licencesOf(root, metafiles));
  // For `require`, which Node answers with the same module.
  writeFileSync(join(made, 'index.cjs'), "module.exports = require('./index.js');\n");
  if (!process.argv.includes('--no-types')) writeTypes(made);
  rmSync(dist, { recursive: true, force: true });
  renameSync(made, dist);
} finally {
  rmSync(made, { recursive: true, force: true });
}
