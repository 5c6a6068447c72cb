/**
 * The start of the command line: hands the words to `run`, which lies compiled beside it. It may not load anything that
 * the command itself does not need: docs/design/startup.md says what each millisecond buys.
 */

import { requireCompiled } from '../../base/compile-cache.ts';
import { COMMANDS } from '../registry.ts';

const { run } = requireCompiled('run.cjs') as typeof import('../run.ts');

/** Node ends in peace where nothing is left to wait for, also in the middle of a command that waits for what can no longer come. */
function failUnfinished(): void {
  process.exitCode = 2;
  process.stderr.write(
    'varve: The command ended before its work was done: what it waited for can no longer come. Run it again; if it ends so again, please report it.\n',
  );
}

process.once('beforeExit', failUnfinished);
run(process.argv.slice(2), COMMANDS).then((exitCode) => {
  process.removeListener('beforeExit', failUnfinished);
  process.exitCode = exitCode;
});
