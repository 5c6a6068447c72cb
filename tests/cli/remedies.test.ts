import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { Sandbox } from '../support/sandbox.ts';

const SOURCES = join(process.cwd(), 'src');

interface Advice {
  /** The command in its backticks; a value that is put in stands as `x`. */
  readonly command: string;
  /** The text up to the backtick. */
  readonly before: string;
  /** The sources of the values that are put in. */
  readonly values: readonly string[];
}

/** Visits every string of the sources, with what stands for its values and where they come from. */
function strings(visit: (text: string, values: readonly { at: number; source: string }[]) => void): void {
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
    const walk = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) visit(node.text, []);
      else if (ts.isTemplateExpression(node)) {
        const values: { at: number; source: string }[] = [];
        const text = node.templateSpans.reduce((before, { expression, literal }) => {
          values.push({ at: before.length, source: expression.getText() });
          return before + (/[\s`]$/.test(before) ? 'x' : '') + literal.text;
        }, node.head.text);
        visit(text, values);
      }
      ts.forEachChild(node, walk);
    };
    walk(source);
  }
}

/** Every command of these programs in backticks of a string of the sources. */
function advised(programs: string): Advice[] {
  const found: Advice[] = [];
  strings((text, values) => {
    for (const match of text.matchAll(new RegExp(`\`((?:${programs}) [^\`]+)\``, 'g'))) {
      const [start, end] = [match.index, match.index + match[0].length];
      found.push({
        command: match[1]!,
        before: text.slice(0, start),
        values: values.filter(({ at }) => at > start && at < end).map(({ source }) => source),
      });
    }
  });
  return found;
}

/** The words of a command as a shell splits them, for commands that quote nothing but with single quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

async function program(): Promise<Command> {
  const all = new Command();
  for (const entry of COMMANDS) all.addCommand((await entry.load()).command(async () => {}, COMMANDS));
  const silence = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.commands.forEach(silence);
  };
  silence(all);
  return all;
}

/** Commands that want a word although the parser takes them without: they refuse to work on everything unasked. */
const WANTS_A_PATH = new Set(['add']);

describe('commands that messages name', () => {
  const commands = new Map<string, { isTold: boolean }>();
  for (const { command, before } of advised('varve')) {
    // What a sentence tells people to run must be whole; it may speak of a command without saying what of.
    const isTold = /\brun $/i.test(before);
    commands.set(command, { isTold: isTold || (commands.get(command)?.isTold ?? false) });
  }

  it('are there to be found', () => expect(commands.size).toBeGreaterThan(60));

  it.each([...commands])('%s is one that varve takes', async (command, { isTold }) => {
    const words = wordsOf(command).slice(1);
    try {
      await (await program()).parseAsync(words, { from: 'user' });
      if (isTold && WANTS_A_PATH.has(words[0]!)) expect(words.length, command).toBeGreaterThan(1);
    } catch (error) {
      if (!(error instanceof CommanderError) || isTold) throw error;
      expect(['commander.missingArgument', 'commander.help'], error.message).toContain(error.code);
    }
  });

  it('put values in as words of a shell, so that no name in them is another word or command', () => {
    const bare = advised('varve|git|dvc|mc|aws|iconv|tail')
      .flatMap(({ command, values }) => values.map((value) => ({ command, value })))
      .filter(({ value }) => !QUOTED.test(value) && !PLAIN_WORDS.has(value));
    expect(bare).toEqual([]);
  });

  it('name no option that no command has', async () => {
    const known = new Set(['--help', '--offline']);
    const walk = (command: Command): void => {
      for (const { long } of command.options) known.add(long!);
      command.commands.forEach(walk);
    };
    walk(await program());
    const unknown = new Set<string>();
    strings((text) => {
      for (const [, option] of text.matchAll(/`(--[a-z-]+)[^`]*`/g))
        if (!known.has(option!)) unknown.add(option!);
    });
    expect([...unknown]).toEqual([]);
  });
});

/** By its name, a variable or the result of a function is such a word too. */
const QUOTED = /^((shell|git|dataset)Word\(|word$)/;

/** Values that come from varve itself, and are words of a shell as they are. */
const PLAIN_WORDS = new Set([
  // A word of Git's in src/cli/other-words.ts, and a verb of DVC's.
  'command',
  'verb',
  // The name of an encoding, one of those that are looked for.
  'encoding',
  // An option and a fingerprint, in src/workspace/trust/consent.ts.
  'of',
  'wanted',
]);

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
