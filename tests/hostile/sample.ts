import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sandbox } from '../support/sandbox.ts';

export type Kind = 'varve' | 'dvc';

/** What a machine has that no repository may touch: its home, other folders, and programs that tell when they are run. */
export class HostileSandbox extends Sandbox {
  /** Exists once a program ran that nobody should run. */
  readonly canaryLog = this.path('ran');
  readonly #canary = this.path('bin', 'canary');
  /** Since the last commit, from the top of the repository. */
  readonly #planted: string[] = [];

  constructor() {
    super();
    const script = `#!/bin/sh\necho "$0 $*" >> ${this.canaryLog}\n`;
    for (const name of [
      'canary',
      'aws',
      'mc',
      'ssh',
      'curl',
      'wget',
      'python',
      'python3',
      'dvc',
      'sh',
      'bash',
    ]) {
      chmodSync(this.write(`bin/${name}`, script), 0o755);
    }
    const git = this.run('sh', ['-c', 'command -v git'], '.').out.trim();
    symlinkSync(git, this.path('bin', 'git'));
    this.write('home/.aws/config', '[default]\nregion = us-east-1\n[profile theirs]\nregion = us-east-1\n');
    this.write(
      'home/.aws/credentials',
      '[default]\naws_access_key_id = HOMEKEY\naws_secret_access_key = home-secret\n',
    );
    this.write('home/.mc/config.json', JSON.stringify({ version: '10', aliases: {} }));
    for (const file of [
      'other/.git/objects/aa/bb',
      'other/tmp/old',
      'guard/packs/x.pack',
      'guard/tmp/y',
      'guard/index/z.idx',
      'guard/file',
    ])
      this.write(file, 'not to be touched');
    mkdirSync(this.path('tmp'));
    Object.assign(this.env, {
      HOME: this.path('home'),
      TMPDIR: this.path('tmp'),
      PATH: this.path('bin'),
      GIT_CONFIG_GLOBAL: this.path('home', '.gitconfig'),
      AWS_EC2_METADATA_DISABLED: 'true',
      DVC_GLOBAL_CONFIG_DIR: this.path('home', '.config', 'dvc'),
      DVC_SYSTEM_CONFIG_DIR: this.path('home', '.config', 'dvc-system'),
    });
  }

  /** The command that tells that it was run. */
  get canary(): string {
    return this.#canary;
  }

  /** A small repository with everything in it that people keep there, committed and pushed. */
  sample(kind: Kind): void {
    mkdirSync(this.path('sample'));
    this.git(['init', '-q', '-b', 'main'], 'sample');
    if (kind === 'varve') {
      this.ok(['init'], 'sample');
      this.ok(['remote', 'add', 'origin', '../remote'], 'sample');
    } else {
      this.write(
        'sample/.dvc/config',
        `[core]\n    remote = origin\n['remote "origin"']\n    url = ../../remote\n`,
      );
      this.write('sample/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
      this.write('sample/.dvcignore', '*.tmp\n');
    }
    this.write('sample/src/code.py', 'print(1)\n');
    this.write('sample/.gitattributes', '*.md text\n');
    this.write('sample/.varveignore', '*.tmp\n');
    this.write('sample/data/a.csv', 'id,name\n1,a\n2,b\n');
    this.write('sample/data/sub/b.csv', 'id,name\n3,c\n');
    this.write('sample/table.csv', 'id,value\n1,0.5\n2,0.7\n3,0.9\n');
    // What an attacker would like to have in place of Git's own folder, or of varve's.
    this.write('sample/payload/hooks/post-checkout', `#!/bin/sh\n${this.canary}\n`);
    chmodSync(this.path('sample/payload/hooks/post-checkout'), 0o755);
    this.write('sample/payload/config', `[core]\n\tfsmonitor = ${this.canary}\n`);
    this.write('sample/payload/config.local.yaml', 'version: 1\ncache: ../guard\n');
    this.ok(['add', 'data', 'table.csv', 'payload'], 'sample');
    this.ok(['schema', 'infer', 'table.csv'], 'sample');
    this.ok(['trust'], 'sample');
    this.ok(['push'], 'sample');
    this.commit('sample', 'sample');
    this.git(['gc', '-q'], 'sample');
  }

  /** The pointer of the payload, as the sample has it. */
  payloadPointer(kind: Kind): string {
    return readFileSync(this.path('sample', kind === 'varve' ? 'payload.varve' : 'payload.dvc'), 'utf8');
  }

  /** Writes a file of the repository under attack, whatever lies there. */
  plant(path: string, content: string): void {
    const file = this.path('repo', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    this.#planted.push(path);
  }

  linkTo(path: string, target: string): void {
    const file = join(this.path('repo'), path);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(target, file);
    this.#planted.push(path);
  }

  /** As a merge of the pull request leaves it: what was planted is tracked, ignored or not. */
  commitAttack(): void {
    this.run('git', ['add', '-A']);
    this.run('git', ['add', '-f', '--', ...this.#planted.splice(0)]);
    this.run('git', ['commit', '-qm', 'attack']);
  }
}
