import { requireCompiled } from '../../base/compile-cache.ts';
import { COMMANDS } from '../registry.ts';

const { run } = requireCompiled('run.cjs') as typeof import('../run.ts');

run(process.argv.slice(2), COMMANDS).then((exitCode) => {
  process.exitCode = exitCode;
});
