import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

export interface ActionRun {
  /** Of the first step that failed, else 0. */
  readonly status: number;
  readonly log: string;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of the steps that ran; those that use another action are named by it, and not run. */
  readonly ran: readonly string[];
}

/**
 * Runs a composite action as GitHub's runner does: expressions, conditions, the files of outputs and summary, `bash -eo pipefail`.
 * @param options.github the context, with the event
 * @param options.workspace where the repository is checked out
 */
export function runAction(
  folder: string,
  options: {
    readonly github: Readonly<Record<string, unknown>>;
    readonly inputs?: Readonly<Record<string, string>>;
    readonly workspace: string;
    readonly temporary: string;
    readonly env: NodeJS.ProcessEnv;
  },
): ActionRun {
  const action = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as Action;
  const steps: Record<string, { outputs: Record<string, string> }> = {};
  const github = { action_path: folder, token: 'token', ...options.github };
  const context: Record<string, unknown> = {
    github,
    env: options.env,
    steps,
    runner: { temp: options.temporary },
  };
  const inputs = Object.entries(action.inputs).map(([name, input]) => {
    const given = options.inputs?.[name];
    return [name, given ?? expanded(input.default ?? '', context)];
  });
  context.inputs = Object.fromEntries(inputs);
  mkdirSync(options.temporary, { recursive: true });
  const summary = join(options.temporary, 'summary');
  writeFileSync(summary, '');
  let status = 0;
  let log = '';
  const ran: string[] = [];
  for (const [index, step] of action.runs.steps.entries()) {
    const isAlways = step.if?.includes('always()') ?? false;
    if (status !== 0 && !isAlways) continue;
    if (step.if !== undefined && !evaluated(step.if, context)) continue;
    ran.push(step.name ?? step.uses ?? '');
    if (step.run === undefined) continue;
    const output = join(options.temporary, `output-${index}`);
    writeFileSync(output, '');
    const env = Object.entries(step.env ?? {}).map(([name, text]) => [name, expanded(text, context)]);
    const result = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: join('/', expanded(step['working-directory'] ?? '', context).replace(/^\.?$/, options.workspace)),
      env: {
        ...options.env,
        RUNNER_TEMP: options.temporary,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...Object.fromEntries(env),
      },
      encoding: 'utf8',
    });
    log += result.stdout + result.stderr;
    if (step.id !== undefined) steps[step.id] = { outputs: outputsIn(output) };
    if (status === 0) status = result.status ?? 1;
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, expanded(value, context)]);
  return {
    status,
    log,
    summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '',
    outputs: Object.fromEntries(outputs),
    ran,
  };
}

/** The file of outputs: `name=value`, and `name<<WORD`, lines, `WORD`. */
function outputsIn(file: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = readFileSync(file, 'utf8').split('\n');
  while (lines.length > 0) {
    const line = lines.shift()!;
    const [, name, word] = /^([\w-]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined)
      found[name] = lines
        .splice(0, lines.indexOf(word!) + 1)
        .slice(0, -1)
        .join('\n');
    else if (line.includes('=')) found[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
  }
  return found;
}

function expanded(text: string, context: Readonly<Record<string, unknown>>): string {
  return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) =>
    String(evaluated(expression, context) ?? ''),
  );
}

/** Of GitHub's expressions: paths, texts, `||`, `&&`, `==`, `!=` and `always()`. What is not there is ''. */
function evaluated(expression: string, context: Readonly<Record<string, unknown>>): unknown {
  const script = expression
    .replaceAll('always()', 'true')
    .replace(/'[^']*'|[A-Za-z_][\w-]*(?:\.[\w-]+)+/g, (word) =>
      word.startsWith("'") ? word : `at(${JSON.stringify(word)})`,
    );
  const at = (path: string): unknown => {
    let value: unknown = context;
    for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
    return value ?? '';
  };
  return new Function('at', `return ${script}`)(at);
}
