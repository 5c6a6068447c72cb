import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const md5 = (bytes: string) => createHash('md5').update(bytes).digest('hex');
const HOOK = '#!/bin/sh\necho owned > owned\n';

let box: Sandbox;
/** A stranger's repository of DVC, with its own remote in a folder. */
beforeEach(() => {
  box = new Sandbox();
  box.write('repo/.dvc/config', '[core]\n    remote = origin\n[\'remote "origin"\']\n    url = ../store\n');
  box.write('repo/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  box.git(['init', '-q', '-b', 'main']);
});
afterEach(() => box.remove());

function store(bytes: string, suffix = ''): string {
  const id = md5(bytes);
  box.write(`repo/store/files/md5/${id.slice(0, 2)}/${id.slice(2)}${suffix}`, bytes);
  return id + suffix;
}

function output(id: string, path: string, rest = ''): string {
  return `outs:\n- md5: ${id}\n  size: ${HOOK.length}\n  hash: md5\n  path: ${JSON.stringify(path)}\n${rest}`;
}

const everything = () =>
  readdirSync(box.path('repo'), { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^\.dvc\/(tmp|cache)|^\.git\/index$/.test(path))
    .sort();

function refused(code: string, ...commands: string[][]): void {
  box.git(['add', '-A', '-f']);
  box.git(['commit', '-qm', 'a kind contribution']);
  const before = everything();
  for (const args of commands.length > 0 ? commands : [['pull'], ['checkout', '--force']]) {
    const { code: exit, err, out } = box.varve([...args, '--json']);
    expect({ exit, said: err + out }).toMatchObject({ exit: 2, said: expect.stringContaining(code) });
  }
  expect(everything()).toEqual(before);
}

describe('an output at', () => {
  test.each([
    '.git/hooks/post-checkout',
    'sub/.GIT/x',
    '.dvc/config.local',
    '.varve/config.yaml',
    'git~1/hooks/x',
    '...',
  ])('%s is written by no command', (path) => {
    box.write('repo/x.dvc', output(store(HOOK), path, '  isexec: true\n'));
    refused('path-unsafe');
  });

  test('a folder of Git, by way of `wdir`, is written by no command', () => {
    box.write('repo/x.dvc', `wdir: .git/hooks\n${output(store(HOOK), 'post-checkout', '  isexec: true\n')}`);
    refused('path-unsafe');
  });

  test('a folder of Git, in dvc.lock, is written by no command', () => {
    box.write(
      'repo/dvc.lock',
      `schema: '2.0'\nstages:\n  a:\n    cmd: x\n    outs:\n    - path: .git/hooks/post-checkout\n      hash: md5\n      md5: ${store(HOOK)}\n      size: 1\n      isexec: true\n`,
    );
    refused('path-unsafe');
  });

  test.each(['.git/hooks/post-checkout', 'a/.Git/x', '.dvc/x', 'a\nb'])(
    'a directory whose list holds %j is written by no command',
    (relpath) => {
      const list = JSON.stringify([{ md5: store(HOOK), relpath }]);
      box.write('repo/data.dvc', output(store(list, '.dir'), 'data'));
      refused('manifest-damaged');
    },
  );

  test('a path that Git tracks leaves it as it is, even by force', () => {
    box.write('repo/.github/workflows/x.yml', 'of the project\n');
    box.write('repo/.github/workflows/x.yml.dvc', output(store(HOOK), 'x.yml'));
    refused('changes-unsaved', ['pull']);
    refused2('path-tracked', ['checkout', '--force']);
    expect(readFileSync(box.path('repo/.github/workflows/x.yml'), 'utf8')).toBe('of the project\n');
  });

  test('a path within another output is checked out by nobody', () => {
    box.write(
      'repo/data.dvc',
      output(store(JSON.stringify([{ md5: store(HOOK), relpath: 'x' }]), '.dir'), 'data'),
    );
    box.write('repo/y.dvc', output(store(HOOK), 'data/x'));
    refused('dataset-nested');
  });
});

/** Without a new commit. */
function refused2(code: string, args: string[]): void {
  const { code: exit, err, out } = box.varve([...args, '--json']);
  expect({ exit, said: err + out }).toMatchObject({ exit: 2, said: expect.stringContaining(code) });
}

describe('links that a commit brought', () => {
  beforeEach(() => {
    box.write('secret', 'password: hunter2\n');
    mkdirSync(box.path('elsewhere'));
    box.write('repo/x.dvc', output(store(HOOK), 'x'));
  });

  test.each([
    ['.dvc/tmp', 'elsewhere', 'link-refused'],
    ['.dvc/cache', 'elsewhere', 'varve trust'],
    ['.dvc/config', 'secret', 'symlink-refused'],
    ['x.dvc', 'secret', 'symlink-refused'],
    ['.dvcignore', 'secret', 'symlink-refused'],
    ['x', 'secret', 'symlink-refused'],
  ])('%s: nothing is read or written behind it', (path, target, code) => {
    rmSync(box.path('repo', path), { force: true });
    symlinkSync(box.path(target), box.path('repo', path));
    refused(code, ['pull']);
    expect(readdirSync(box.path('elsewhere'))).toEqual([]);
    expect(box.varve(['pull']).err).not.toContain('hunter2');
  });

  test('.gitignore: no line is added to it, and none of what it names is shown', () => {
    box.write('repo/data/t.csv', 'a\n1\n');
    symlinkSync(box.path('secret'), box.path('repo/data/.gitignore'));
    const { code, err } = box.varve(['add', 'data/t.csv']);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('data/.gitignore is a symbolic link'),
    });
    expect(readFileSync(box.path('secret'), 'utf8')).toBe('password: hunter2\n');
  });

  test('a cache that the user of this clone has put elsewhere works', () => {
    box.commit('fine');
    symlinkSync(box.path('elsewhere'), box.path('repo/.dvc/cache'));
    box.ok(['trust']);
    box.ok(['pull']);
    expect(readdirSync(box.path('elsewhere'))).toContain('files');
    expect(readFileSync(box.path('repo/x'), 'utf8')).toBe(HOOK);
  });
});

test('what a killed checkout left is named by status and gone after the next checkout', () => {
  const list = `[{"md5": "${store(HOOK)}", "relpath": "x"}]`;
  box.write('repo/data.dvc', output(store(list, '.dir'), 'data'));
  box.commit('fine');
  box.ok(['pull']);
  const name = 'data/.varve-0badf00d-1-0-0123456789abcdef.tmp';
  box.write(`repo/${name}`, 'half');
  expect(box.json(['status'])).not.toHaveProperty('unfinished');
  box.run('touch', ['-d', '2 days ago', name]);
  expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }], unfinished: [name] });
  box.ok(['checkout']);
  expect(existsSync(box.path('repo', name))).toBe(false);
});

describe('files that make a folder with DVC look like a bare Git repository', () => {
  /** With a commit of which Git would have the signature checked by `gpg.program`. */
  function bareFolder(folder: string): void {
    const script = box.write(`repo/${folder}/run`, `#!/bin/sh\necho ran >>${box.path('ran')}\n`);
    chmodSync(script, 0o755);
    const git = (args: string[], input = '') => {
      const { status, stdout, stderr } = spawnSync('git', ['--git-dir', box.path('repo', folder), ...args], {
        env: box.env,
        input,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return stdout.trim();
    };
    git(['init', '-q', '--bare', '-b', 'main']);
    const tree = git(['mktree'], `100644 blob ${git(['hash-object', '-w', '--stdin'], 'a')}\tdata.dvc\n`);
    const signed = `tree ${tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\nx\n`;
    const commit = git(['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'], signed);
    git(['update-ref', 'refs/heads/main', commit]);
    box.write(
      `repo/${folder}/config`,
      `[core]\n\tbare = false\n\tworktree = .\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = ${script}\n[filter "x"]\n\tclean = ${script}\n`,
    );
  }

  test.each([
    ['sub', 'sub'],
    ['sub', 'sub/within'],
  ])('%s is refused by every command in %s, before Git is asked', (bare, folder) => {
    box.write(`repo/${folder}/.dvc/config`, '[core]\n    autostage = true\n');
    box.write(`repo/${folder}/.gitattributes`, '* filter=x\n');
    box.write(`repo/${folder}/a.csv`, 'a\n1\n');
    box.write(`repo/${folder}/data.dvc`, output(store('a'), 'data'));
    bareFolder(bare);
    // That the attack is one.
    spawnSync('git', ['log'], { cwd: box.path('repo', folder), env: box.env });
    expect(existsSync(box.path('ran'))).toBe(true);
    rmSync(box.path('ran'));
    for (const command of ['status', 'log data', 'diff', 'add a.csv', 'push', 'pull', 'git install']) {
      const { code, err } = box.varve(command.split(' '), `repo/${folder}`);
      expect({ code, err }, command).toMatchObject({ code: 2, err: expect.stringContaining('bare Git') });
    }
    expect(existsSync(box.path('ran'))).toBe(false);
  });
});
