import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { Command, CommanderError } from 'commander';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import type { VarveError } from '../../src/errors.ts';
import { Sandbox as DvcSandbox, describeWithDvc } from '../support/dvc-sandbox.ts';
import { describeWithMinio } from '../support/minio.ts';
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

/** What the parser says to a command of which a sentence names a part. */
const PARTS = ['commander.missingArgument', 'commander.optionMissingArgument', 'commander.help'];

/** Commands that want a word although the parser takes them without: they refuse to work on everything unasked. */
const WANTS_A_PATH = new Set(['add']);

describe('commands that messages name', () => {
  const commands = new Map<string, { isTold: boolean }>();
  for (const { command, before } of advised('varve')) {
    // What a sentence tells people to run must be whole; it may speak of a command without saying what of.
    const isTold = /\b(run|see) $/i.test(before);
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
      expect(PARTS, error.message).toContain(error.code);
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
  // A digest of settings.
  'fingerprint(request)',
  // Of a digest, of a clone, whose form the key of its ref was checked for, and a folder of varve's own.
  'digest',
  'owner',
  'VARVE_FOLDER',
  // An option and a fingerprint, in src/workspace/trust/consent.ts.
  'of',
  'wanted',
  // A dataset as a word, in src/operations/statistics/stored.ts, and an option with its own, in src/operations/varve/in-place/table-around.ts.
  'here',
  'version',
]);

describe('who does what a message says', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
  });
  afterEach(() => box.remove());

  /** The command that starts so in what a failing command says. */
  function adviceOf(args: readonly string[], start: string, folder = 'repo'): string {
    const { code, err, out } = box.varve(args, folder);
    const command = new RegExp(`\`(${start}[^\`]*)\``).exec(err + out)?.[1];
    expect(command, `exit ${code}: ${err}${out}`).toBeDefined();
    return command!;
  }

  function shell(command: string, folder = 'repo') {
    const varve = `varve() { '${process.execPath}' '${join(process.cwd(), 'bin', 'varve.js')}' "$@"; }; ${command}`;
    return box.run('sh', ['-c', varve], folder);
  }

  /** Runs what fails, then the command that starts so in what it said; `fill` puts in what stands in capitals. */
  function follow(
    args: readonly string[],
    start: string,
    folder = 'repo',
    fill = (text: string) => text,
  ): void {
    const command = fill(adviceOf(args, start, folder));
    const ran = shell(command, folder);
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

  const read = (path: string) => readFileSync(box.path(path), 'utf8');

  /** A folder dataset of two versions in `repo`, of which the remote has none. */
  function twoVersions(): void {
    dataset();
    box.write("repo/it's data.csv", 'a\n2\n');
    box.ok(['add', "it's data.csv"]);
    box.commit('second');
  }

  /** Turns a bit in every byte of every file below a folder that holds data of a store. */
  function damage(folder: string): void {
    for (const file of readdirSync(box.path(folder), { recursive: true, encoding: 'utf8' })) {
      const path = box.path(folder, file);
      if (!/\.pack$|^objects\//.test(file) || !statSync(path).isFile()) continue;
      chmodSync(path, 0o600);
      writeFileSync(
        path,
        readFileSync(path).map((byte) => byte ^ 1),
      );
    }
  }

  test('where no remote is set up, and then where it lacks the version', () => {
    twoVersions();
    box.git(['config', 'commit.gpgsign', 'false']);
    box.ok(['remote', 'remove', 'origin']);
    box.commit('no remote');
    box.clone('repo', 'clone');
    const get = ['get', "it's data.csv@HEAD~2", '-o', 'old.csv'];
    follow(get, 'varve remote add', 'clone', (text) => text.replace('URL', box.path('remote')));
    box.ok(['remote', 'add', 'origin', box.path('remote')]);
    // The version before last: a plain push would not send it, nor a plain fetch bring it.
    const push = adviceOf(get, 'varve push', 'clone');
    expect(shell(push, 'repo').code).toBe(0);
    box.ok(get, 'clone');
    expect(read('clone/old.csv')).toBe('a\n1\n');
  });

  test('of bytes that are damaged in the cache, also of an old version', () => {
    twoVersions();
    box.ok(['push', '--all-commits']);
    damage('repo/.git/varve/cache');
    const get = ['get', "it's data.csv@HEAD~1", '-o', 'old.csv'];
    expect(box.varve(get).code).toBe(2);
    expect(shell(adviceOf(get, 'varve verify')).code).toBe(1);
    follow(['verify'], 'varve fetch');
    box.ok(get);
    expect(read('repo/old.csv')).toBe('a\n1\n');
    expect(box.varve(['verify']).code, 'what is damaged is listed until a gc').toBeLessThan(2);
  });

  test('of bytes that are damaged on the remote', () => {
    twoVersions();
    box.ok(['push', '--all-commits']);
    box.clone('repo', 'clone');
    damage('remote');
    expect(box.varve(['pull'], 'clone').code).toBe(2);
    const verify = adviceOf(['pull'], 'varve verify --remote', 'clone').replace('NAME', 'origin');
    expect(shell(verify, 'clone').code).toBe(1);
    const push = adviceOf(['verify', '--remote', 'origin'], 'varve push');
    expect(shell(push).code).toBe(0);
    box.ok(['pull'], 'clone');
    expect(read("clone/it's data.csv")).toBe('a\n2\n');
  });

  test('of remotes of which none is the default, or one is there already', () => {
    dataset();
    box.ok(['remote', 'add', 'other', '../other']);
    const config = read('repo/.varve/config.yaml');
    box.write('repo/.varve/config.yaml', config.replace(/^default.*\n/m, ''));
    follow(['push'], 'varve remote default', 'repo', (text) => text.replace('NAME', 'other'));
    box.ok(['push']);
    follow(['remote', 'add', 'other', '../third'], 'varve remote remove');
    box.ok(['remote', 'add', 'other', '../third']);
    // What was pushed there lies there.
    expect(readdirSync(box.path('other')).length).toBeGreaterThan(0);
  });

  test('of a dataset within another: its data is not lost', () => {
    dataset('data/inner/a.csv');
    box.write('repo/data/b.csv', 'b\n');
    follow(['add', 'data'], 'varve rm');
    box.ok(['add', 'data']);
    expect(
      box.json<{ files: { path: string }[] }>(['ls', '-R', 'data']).files.map(({ path }) => path),
    ).toEqual(['data/b.csv', 'data/inner/a.csv']);
  });

  test('of a damaged pointer, and of no other that a pattern would name', () => {
    dataset('*.csv');
    box.write('repo/other.csv', 'a\n1\n');
    box.ok(['add', 'other.csv']);
    box.commit('other');
    box.write('repo/other.csv', 'a\n2\n');
    box.ok(['add', 'other.csv']);
    const unsaved = read('repo/other.csv.varve');
    box.write('repo/*.csv.varve', 'no pointer\n');
    follow(['checkout', '*.csv'], 'git restore');
    expect(states().map(({ state }) => state)).toEqual(['unchanged', 'unchanged']);
    expect(read('repo/other.csv.varve')).toBe(unsaved);
  });

  test('of data that Git tracks, and of nothing else that a pattern would name', () => {
    box.repository();
    for (const name of ['*.csv', 'kept.csv']) box.write(`repo/${name}`, 'a\n1\n');
    box.commit('data in Git');
    follow(['add', '*.csv'], 'git rm');
    box.ok(['add', '*.csv']);
    expect(box.git(['ls-files', '*.csv']).split('\n').filter(Boolean)).toEqual(['kept.csv']);
    expect(read('repo/*.csv')).toBe('a\n1\n');
  });

  test('of a part of a version, which has no pointer', () => {
    dataset("it's/a.csv");
    box.ok(['rm', "it's/a.csv"]);
    box.ok(['add', "it's"]);
    box.commit('folder');
    box.write("repo/it's/a.csv", 'a\n2\n');
    box.ok(['add', "it's"]);
    box.commit('next');
    follow(['checkout', "it's/a.csv@HEAD~1"], 'varve restore');
    expect(read("repo/it's/a.csv")).toBe('a\n1\n');
    follow(['checkout', "it's/a.csv@HEAD~1"], 'varve add');
    expect(states()).toMatchObject([{ state: 'unchanged' }]);
  });

  test('of a schema that people may have written in', () => {
    dataset();
    box.ok(['schema', 'infer', "it's data.csv"]);
    const schema = `# reviewed\n${read("repo/it's data.csv.schema.yaml")}`;
    box.write("repo/it's data.csv.schema.yaml", schema);
    follow(['schema', 'infer', "it's data.csv"], 'varve schema update');
    expect(read("repo/it's data.csv.schema.yaml")).toContain('# reviewed');
  });

  test('of a pointer that Git ignores', () => {
    dataset();
    box.write('repo/.gitignore', `${read('repo/.gitignore')}*.varve\n`);
    box.write('repo/new file.csv', 'a\n');
    const { out } = shell(adviceOf(['add', 'new file.csv'], 'git check-ignore'));
    expect(out).toContain('.gitignore:');
  });

  test('of statistics that are not here', () => {
    twoVersions();
    box.ok(['push', '--all-commits']);
    box.clone('repo', 'clone');
    const drift = ['drift', "it's data.csv@HEAD~1", "it's data.csv@HEAD"];
    follow([...drift, '--offline'], 'varve fetch', 'clone');
    expect(box.varve([...drift, '--offline'], 'clone').code).toBeLessThan(2);
  });

  test('of versions that a push leaves out, and that status --remote names', () => {
    twoVersions();
    follow(['push'], 'varve push');
    box.ok(['status', '--remote']);
  });

  test.each(['varve checkout --ours', 'varve checkout --theirs'])(
    'of a file that two people changed: %s',
    (start) => {
      dataset("it's/a.csv");
      box.ok(['rm', "it's/a.csv"]);
      box.ok(['add', "it's"]);
      box.commit('folder');
      box.ok(['push']);
      box.clone('repo', 'clone');
      box.ok(['pull'], 'clone');
      box.write("repo/it's/a.csv", 'a\ntheirs\n');
      box.ok(['add', "it's"]);
      box.commit('theirs');
      box.ok(['push']);
      box.write("clone/it's/a.csv", 'a\nours\n');
      box.git(['pull', '-q'], 'clone');
      const command = adviceOf(['pull'], 'varve checkout --ours', 'clone');
      const ran = shell(command.replace('varve checkout --ours', start), 'clone');
      expect(ran.code, ran.err).toBe(0);
      expect(read("clone/it's/a.csv")).toBe(start.endsWith('ours') ? 'a\nours\n' : 'a\ntheirs\n');
    },
  );
});

describeWithMinio('who is asked for keys', (server) => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox().repository();
    box.write('repo/d.csv', 'a\n1\n');
    box.ok(['add', 'd.csv']);
    box.commit('first');
    box.env.AWS_EC2_METADATA_DISABLED = 'true';
  });
  afterEach(() => box.remove());

  const remedyOf = (args: readonly string[]) => box.json<{ error: VarveError }>(args, 'repo', 2).error.remedy;
  const keys = () => ({ AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey });

  test('of a server that is not AWS: no single sign-on, and no option that push has not', async () => {
    const bucket = await server.makeBucket();
    box.ok([
      'remote',
      'add',
      'origin',
      `s3://${bucket}`,
      '--endpoint',
      server.endpoint,
      '--region',
      'us-east-1',
    ]);
    const remedy = remedyOf(['push']);
    expect(remedy).toContain('Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys of');
    expect(remedy).not.toMatch(/sso|--/);
    Object.assign(box.env, keys());
    box.ok(['push']);
  });

  test('by a profile of AWS', async () => {
    const bucket = await server.makeBucket();
    const config = (key: string) =>
      box.write(
        '.aws/config',
        `[profile lab]\naws_access_key_id = ${key}\naws_secret_access_key = ${server.secretKey}\n`,
      );
    config('nobody');
    box.ok(['remote', 'add', 'origin', `s3://${bucket}`, '--endpoint', server.endpoint, '--profile', 'lab']);
    expect(remedyOf(['push'])).toContain('`aws configure --profile lab`');
    config(server.accessKey);
    box.ok(['push']);
  });

  test('by an alias of mc', async () => {
    const bucket = await server.makeBucket();
    const alias = (key: string) =>
      box.write(
        '.mc/config.json',
        JSON.stringify({
          version: '10',
          aliases: { lab: { url: server.endpoint, accessKey: key, secretKey: server.secretKey } },
        }),
      );
    alias('nobody');
    box.ok(['remote', 'add', 'origin', `minio://lab/${bucket}`]);
    box.ok(['trust']);
    expect(remedyOf(['push'])).toContain(`\`mc alias set lab ${server.endpoint}`);
    alias(server.accessKey);
    box.ok(['push']);
  });
});

describeWithDvc('in a repository of DVC', () => {
  test('what is damaged in the cache, also of an old version, comes again from the remote', () => {
    const dvc = new DvcSandbox();
    const box = new Sandbox();
    try {
      dvc.repository();
      Object.assign(box.env, dvc.env);
      const folder = `../${basename(dvc.folder)}/repo`;
      for (const version of ['one', 'two']) {
        dvc.write('repo/d.txt', version);
        dvc.dvc('repo', 'add', '-q', 'd.txt');
        dvc.commit('repo', version);
      }
      box.ok(['trust'], folder);
      box.ok(['push', '--all-commits'], folder);
      const digest = createHash('md5').update('one').digest('hex').replace(/^../, '$&/');
      const object = dvc.path('repo/.dvc/cache/files/md5', digest);
      chmodSync(object, 0o600);
      writeFileSync(object, 'eno');
      const { code, out } = box.varve(['verify'], folder);
      expect(code).toBe(1);
      const [, moved, command] = /Move (\S+) out of the cache, then run `varve ([^`]*)`/.exec(out)!;
      renameSync(dvc.path('repo/.dvc/cache', moved!), dvc.path('moved'));
      box.ok(command!.split(' '), folder);
      expect(box.ok(['cat', 'd.txt@HEAD~1'], folder)).toBe('one');
      box.ok(['verify'], folder);
    } finally {
      dvc.remove();
      box.remove();
    }
  });
});
