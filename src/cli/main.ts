import { COMMANDS } from './commands.ts';
import { requireCompiled } from './compiled.ts';

const { run } = requireCompiled('run.cjs') as typeof import('./run.ts');

run(process.argv.slice(2), COMMANDS).then((exitCode) => {
  process.exitCode = exitCode;
});
