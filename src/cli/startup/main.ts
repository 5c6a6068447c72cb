/**
 * The start of the command line: hands the words to `run`, which lies compiled beside it. It may not load anything that
 * the command itself does not need: docs/design/startup.md says what each millisecond buys.
 */

import { requireCompiled } from '../../base/compile-cache.ts';
import { COMMANDS } from '../registry.ts';

const { run } = requireCompiled('run.cjs') as typeof import('../run.ts');

run(process.argv.slice(2), COMMANDS).then((exitCode) => {
  process.exitCode = exitCode;
});
