import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { Sandbox } from '../support/sandbox.ts';

const SOURCES = join(process.cwd(), 'src');

/** Every `varve …` in backticks of a string of the sources; a value that is put in stands as `x`. */
function advisedCommands(): string[] {
  const found = new Set<string>();
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  for (const path of files) {
    const source = ts.createSourceFile(
      path,
      readFileSync(join(SOURCES, path), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const visit = (node: ts.Node): void => {
      const text = ts.isStringLiteralLike(node)
        ? node.text
        : ts.isTemplateExpression(node)
          ? node.templateSpans.reduce(
              (before, { literal }) => before + (/[\s`]$/.test(before) ? 'x' : '') + literal.text,
              node.head.text,
            )
          : '';
      for (const [, command] of text.matchAll(/`varve ([^`]+)`/g)) found.add(command!);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...found].sort();
}

/** The words of a command as a shell splits them, for commands that quote nothing but with single quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

/** Parses as the command line does, and runs nothing. */
async function parse(words: readonly string[]): Promise<void> {
  const entry = COMMANDS.find(({ name }) => name === words[0]);
  if (entry === undefined) throw new Error(`no command ${words[0]}`);
  const program = new Command().addCommand((await entry.load()).command(async () => {}, COMMANDS));
  const silence = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.commands.forEach(silence);
  };
  silence(program);
  await program.parseAsync([...words], { from: 'user' });
}

describe('commands that messages name', () => {
  it('are there to be found', () => expect(advisedCommands().length).toBeGreaterThan(30));

  it.each(advisedCommands())('varve %s is one that varve takes', async (command) => {
    try {
      await parse(wordsOf(command));
    } catch (error) {
      // A sentence may speak of a command without saying what of.
      if (!(error instanceof CommanderError)) throw error;
      expect(['commander.missingArgument', 'commander.help'], error.message).toContain(error.code);
    }
  });
});

describe('who does what a message says', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
  });
  afterEach(() => box.remove());

  /** Runs what fails, then the command that starts so in the message, and returns what it said. */
  function follow(args: readonly string[], start: string, folder = 'repo'): void {
    const { code, err, out } = box.varve(args, folder);
    const command = new RegExp(`\`(${start}[^\`]*)\``).exec(err + out)?.[1];
    expect(command, `exit ${code}: ${err}${out}`).toBeDefined();
    const shell = `varve() { '${process.execPath}' '${join(process.cwd(), 'bin', 'varve.js')}' "$@"; }; ${command}`;
    const ran = box.run('sh', ['-c', shell], folder);
    expect(ran.code, `${command}: ${ran.err}`).toBe(0);
  }

  function dataset(name = "it's data.csv"): void {
    box.repository();
    box.write(`repo/${name}`, 'a\n1\n');
    box.ok(['add', name]);
    box.ok(['remote', 'add', 'origin', '../remote']);
    box.commit('first');
  }

  const states = () => box.json<{ datasets: { path: string; state: string }[] }>(['status']).datasets;

  test('starts varve where it was not', () => {
    mkdirSync(box.path('repo'));
    box.write('repo/d.csv', 'a\n1\n');
    follow(['add', 'd.csv'], 'git init');
    follow(['add', 'd.csv'], 'varve init');
    box.ok(['add', 'd.csv']);
  });

  test('makes a dataset of what is none', () => {
    dataset();
    box.write("repo/other's.csv", 'a\n1\n');
    follow(['status', "other's.csv"], 'varve add');
    expect(states()).toHaveLength(2);
  });

  test.each([
    ['varve add', 'mine'],
    ['varve checkout --force', 'a\n1\n'],
  ])('in the state of a dataset: %s, and nothing of another', (start, text) => {
    dataset();
    box.write('repo/other.csv', 'a\n1\n');
    box.ok(['add', 'other.csv']);
    box.write("repo/it's data.csv", 'mine');
    box.write('repo/other.csv', 'mine too');
    follow(['status', "it's data.csv"], start);
    expect(readFileSync(box.path("repo/it's data.csv"), 'utf8')).toBe(text);
    expect(readFileSync(box.path('repo/other.csv'), 'utf8')).toBe('mine too');
    expect(states().map(({ state }) => state)).toEqual(['unchanged', 'modified']);
  });

  test('in the state of one that is missing, or another version', () => {
    dataset();
    box.ok(['push']);
    box.write("repo/it's data.csv", 'a\n2\n');
    box.ok(['add', "it's data.csv"]);
    box.commit('second');
    box.git(['checkout', '-q', 'HEAD~1']);
    follow(['status'], 'varve checkout');
    expect(readFileSync(box.path("repo/it's data.csv"), 'utf8')).toBe('a\n1\n');
    rmSync(box.path("repo/it's data.csv"));
    follow(['status'], 'varve pull');
    expect(readFileSync(box.path("repo/it's data.csv"), 'utf8')).toBe('a\n1\n');
  });

  test.each(['varve add', 'varve checkout --force'])('of a checkout that would lose work: %s', (start) => {
    dataset();
    box.write("repo/it's data.csv", 'mine');
    follow(['checkout', "it's data.csv"], start);
    expect(states()).toMatchObject([{ state: 'unchanged' }]);
  });

  test('of a clone: agrees, and pulls', () => {
    dataset();
    box.ok(['push']);
    box.run('git', ['clone', '-q', 'repo', 'clone'], '.');
    follow(['pull'], 'varve trust', 'clone');
    follow(['checkout'], 'varve pull', 'clone');
    expect(readFileSync(box.path("clone/it's data.csv"), 'utf8')).toBe('a\n1\n');
  });

  test('of a dataset without a schema', () => {
    dataset();
    follow(['validate', "it's data.csv"], 'varve schema infer');
    box.ok(['validate', "it's data.csv"]);
  });

  test('of a merge that Git could not finish', () => {
    dataset();
    box.git(['switch', '-qc', 'theirs']);
    box.write("repo/it's data.csv", 'a\n2\n');
    box.ok(['add', "it's data.csv"]);
    box.commit('theirs');
    box.git(['switch', '-q', '-']);
    box.ok(['checkout']);
    box.write("repo/it's data.csv", 'a\n3\n');
    box.ok(['add', "it's data.csv"]);
    box.commit('ours');
    box.run('git', ['merge', '-q', 'theirs']);
    follow(['add', "it's data.csv"], 'git checkout --ours');
    expect(states()).toMatchObject([{ state: 'unchanged' }]);
  });
});
