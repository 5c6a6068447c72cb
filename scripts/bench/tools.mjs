// What benchmarks of transfers share: varve and DVC, one after the other, against one remote, and the table that says how long each took.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measured } from './measure.mjs';

export const STEPS = ['add', 'status', 'push', 'again', 'pull'];
export const HEAD =
  '| workload | target | tool | add | status | push | push again | pull |\n|---|---|---|---|---|---|---|---|';

export const show = (step) =>
  step ? `${step.seconds.toFixed(2)} s (${step.processor.toFixed(1)} s, ${step.mib} MiB)` : '';

export const rowOf = (row) =>
  `| ${row.workload} | ${row.target} | ${row.tool} | ${STEPS.map((step) => show(row[step])).join(' | ')} |`;

/** How many times as long a peer took, by the clock and by the processor. */
export const ratio = (step, other) =>
  `${(step.seconds / other.seconds).toFixed(2)}× (processor ${(step.processor / other.processor).toFixed(2)}×)`;

function dvcCommand() {
  const named = process.env.VARVE_DVC;
  if (named) return existsSync(named) ? [named] : undefined;
  return spawnSync('dvc', ['--version']).status === 0 ? ['dvc'] : undefined;
}

/**
 * The tools, and what runs and times them in folders below `work`.
 * @param varve words of the command
 */
export function makeTools(work, varve) {
  const time = (command, cwd, env = {}) => measured(command, { cwd, env: { ...process.env, ...env } });
  /** What takes a tenth of a second is measured three times, and the best counts. */
  const timeShort = (...words) =>
    [1, 2, 3].map(() => time(...words)).reduce((best, one) => (one.seconds < best.seconds ? one : best));
  const quiet = (command, cwd, env = {}) => {
    execFileSync(command[0], command.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  const gitRepository = (folder) => {
    mkdirSync(folder, { recursive: true });
    quiet(['git', 'init', '-q'], folder);
    quiet(['git', 'config', 'user.email', 'bench@example.org'], folder);
    quiet(['git', 'config', 'user.name', 'bench'], folder);
  };

  /**
   * One tool against one target: init, add, status, push, push again, pull into a fresh clone.
   * @param target its `place(tool)` gives a URL, flags of `varve remote add`, and settings of DVC's
   */
  async function run(tool, workload, target, env) {
    const repository = join(work, `${tool.name}-${workload.id}-${target.name}`);
    gitRepository(repository);
    tool.init(repository, await target.place(`${tool.name}-${workload.id}`), env);
    cpSync(workload.path, join(repository, 'data'), { recursive: true });
    const add = time([...tool.command, 'add', 'data'], repository, env);
    const status = timeShort([...tool.command, 'status'], repository, env);
    quiet(['git', 'add', '-A'], repository);
    quiet(['git', 'commit', '-qm', 'data'], repository);
    const push = time([...tool.command, 'push', ...tool.jobs], repository, env);
    const again = time([...tool.command, 'push', ...tool.jobs], repository, env);
    const clone = `${repository}-clone`;
    quiet(['git', 'clone', '-q', repository, clone], work);
    tool.local?.(clone, env);
    const pull = time([...tool.command, 'pull', ...tool.jobs], clone, env);
    quiet(['diff', '-r', '-q', join(repository, 'data'), join(clone, 'data')], work);
    rmSync(repository, { recursive: true, force: true });
    rmSync(clone, { recursive: true, force: true });
    return { workload: workload.name, target: target.name, tool: tool.name, add, status, push, again, pull };
  }

  const tools = [
    {
      name: 'varve',
      command: varve,
      jobs: [],
      init(folder, place, env) {
        quiet([...varve, 'init'], folder, env);
        quiet([...varve, 'remote', 'add', 'origin', place.url, ...place.flags], folder, env);
      },
      local: (folder, env) => quiet([...varve, 'trust'], folder, env),
    },
  ];
  const dvc = dvcCommand();
  if (dvc)
    tools.push({
      name: 'dvc',
      command: dvc,
      jobs: ['--jobs', '16'],
      init(folder, place, env) {
        quiet([...dvc, 'init', '-q'], folder, env);
        quiet([...dvc, 'config', 'core.analytics', 'false'], folder, env);
        quiet([...dvc, 'remote', 'add', '-q', '-d', 'origin', place.url], folder, env);
        for (const [name, value] of Object.entries(place.settings))
          quiet([...dvc, 'remote', 'modify', 'origin', name, value], folder, env);
      },
    });
  return { time, timeShort, quiet, gitRepository, run, tools };
}
