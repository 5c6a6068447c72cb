import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { freePort, program, ServerProcess } from './server-process.ts';

/** A real OpenSSH server. Its properties are there in tests and hooks. */
export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** A home whose ~/.ssh knows the server and has its key. */
  readonly home: string;
  /** Its public host key, as known_hosts has it behind the name. */
  readonly hostKey: string;
  /** An empty folder that the user of the server may write to. */
  makeFolder(): string;
  /** `ssh://user@127.0.0.1:port/folder` */
  url(folder: string, port?: number): string;
}

/** Tests that need an SSH server: the `sshd` that VARVE_SSHD names, or on PATH, or where Debian puts it. */
export function describeWithSshd(name: string, tests: (server: Sshd) => void): void {
  const binary = program('VARVE_SSHD', 'sshd', ['/usr/sbin', '/usr/local/sbin']);
  if (binary === undefined || program('', 'ssh-keygen') === undefined) {
    describe.skip(`${name} (skipped: no OpenSSH server; install openssh-server, or name \`sshd\` in VARVE_SSHD)`, () =>
      tests(new OpenSshServer()));
    return;
  }
  describe(name, () => {
    const server = new OpenSshServer();
    beforeAll(() => server.start(binary));
    afterAll(() => server.stop());
    tests(server);
  });
}

export class OpenSshServer implements Sshd {
  port = 0;
  readonly user = userInfo().username;
  home = '';
  hostKey = '';
  #root = '';
  #folders = 0;
  #process: ServerProcess | undefined;

  async start(binary: string): Promise<void> {
    this.#root = mkdtempSync(join(tmpdir(), 'varve-sshd-'));
    this.port = await freePort();
    this.home = join(this.#root, 'home');
    mkdirSync(join(this.home, '.ssh'), { recursive: true, mode: 0o700 });
    const key = (path: string, passphrase = ''): void =>
      void execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', path]);
    key(join(this.#root, 'host'));
    key(join(this.home, '.ssh', 'id_ed25519'));
    this.hostKey = readFileSync(join(this.#root, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(join(this.home, '.ssh', 'known_hosts'), `[127.0.0.1]:${this.port} ${this.hostKey}\n`);
    writeFileSync(
      join(this.#root, 'authorized'),
      readFileSync(join(this.home, '.ssh', 'id_ed25519.pub'), 'utf8'),
    );
    const config = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(this.#root, 'host')}`,
      `AuthorizedKeysFile ${join(this.#root, 'authorized')}`,
      'PidFile none',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'MaxStartups 100',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n');
    writeFileSync(join(this.#root, 'config'), config);
    mkdirSync(join(this.#root, 'data'));
    // A server of root's divides its rights with an account and a folder that Debian's package makes.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    this.#process = new ServerProcess([binary, '-D', '-f', join(this.#root, 'config')]);
    await this.#process.listening(this.port);
  }

  stop(): void {
    this.#process?.stop();
    if (this.#root !== '') rmSync(this.#root, { recursive: true, force: true, maxRetries: 10 });
  }

  makeFolder(): string {
    const folder = join(this.#root, 'data', `remote-${this.#folders++}`);
    mkdirSync(folder);
    return folder;
  }

  url(folder: string, port = this.port): string {
    return `ssh://${this.user}@127.0.0.1:${port}${folder}`;
  }
}
