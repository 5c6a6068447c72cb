import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aDayWith } from '../support/day-with-remote.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithSshd } from '../support/sshd.ts';

describeWithSshd('a remote at an SSH server', (server) => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    cpSync(join(server.home, '.ssh'), box.path('.ssh'), { recursive: true });
    box.repository();
    box.write('repo/data.csv', `id\n${'1\n'.repeat(50)}`);
  });
  afterEach(() => box.remove());

  test('is pushed to, checked, and pulled from by a clone that agreed to it', () => {
    const folder = server.makeFolder();
    aDayWith(box, [server.url(`${folder}/store`)], () => {
      expect(box.ok(['remote', 'list'])).toContain(server.url(`${folder}/store`));
      expect(readdirSync(join(folder, 'store')).sort()).toEqual(
        expect.arrayContaining(['index', 'packs', 'refs', 'varve-store.json']),
      );
      expect(readdirSync(join(folder, 'store/tmp'))).toEqual([]);
    });
  });

  test('is reached as ~/.ssh/config says', () => {
    const folder = server.makeFolder();
    const key = readFileSync(box.path('.ssh/id_ed25519'));
    rmSync(box.path('.ssh/id_ed25519'));
    writeFileSync(box.path('.ssh/other'), key, { mode: 0o600 });
    box.write('.ssh/config', 'Include config.d/*\n');
    const login = `Port ${server.port}\n  User ${server.user}\n  IdentityFile ~/.ssh/other`;
    box.write(
      '.ssh/config.d/lab',
      `Host gate\n  HostName 127.0.0.1\n  ${login}\nHost lab\n  HostName 127.0.0.1\n  ${login}\n  ProxyJump gate\n`,
    );
    box.ok(['remote', 'add', 'origin', `ssh://lab${folder}`]);
    box.ok(['add', 'data.csv']);
    box.ok(['push']);
    expect(readdirSync(folder)).toContain('packs');
  });

  test('is pushed to by the library as it is published', () => {
    const folder = server.makeFolder();
    box.ok(['remote', 'add', 'origin', server.url(folder)]);
    box.ok(['add', 'data.csv']);
    const library = new URL('../../dist/index.js', import.meta.url).href;
    const program = `
      import { openRepository } from ${JSON.stringify(library)};
      const repository = await openRepository('.');
      const { snapshots } = await repository.push();
      console.log(snapshots);
    `;
    const { code, out, err } = box.run(process.execPath, ['--input-type=module', '--eval', program]);
    expect({ code, out, err }).toEqual({ code: 0, out: '1\n', err: '' });
    expect(readdirSync(folder)).toContain('packs');
  });

  test('is refused where its key is not known, or is another one, or no key opens it', () => {
    box.ok(['remote', 'add', 'origin', server.url(server.makeFolder())]);
    box.ok(['add', 'data.csv']);
    const known = box.path('.ssh/known_hosts');
    const before = readFileSync(known, 'utf8');
    writeFileSync(known, '');
    const said = refused(box, ['push'], 'host-unknown', '127.0.0.1');
    expect(said).toMatch(/SHA256:[A-Za-z0-9+/]{43}[\s\S]*ssh-keyscan/);
    expect(readFileSync(known, 'utf8')).toBe('');
    box.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', box.path('imposter')], '.');
    const [type, key] = readFileSync(box.path('imposter.pub'), 'utf8').split(' ');
    writeFileSync(known, `[127.0.0.1]:${server.port} ${type} ${key}\n`);
    expect(refused(box, ['push'], 'host-key-changed', '127.0.0.1')).toContain('nothing was sent');
    writeFileSync(known, before);
    writeFileSync(box.path('.ssh/id_ed25519'), readFileSync(box.path('imposter')));
    refused(box, ['push'], 'credentials-refused', '127.0.0.1');
    rmSync(box.path('.ssh/id_ed25519'));
    refused(box, ['push'], 'credentials-missing', '127.0.0.1');
  });

  test('has a URL without a password, and no settings of buckets', () => {
    const add = (url: string, ...more: string[]): string[] => ['remote', 'add', 'x', url, ...more];
    refused(box, add('ssh://ann:hush@host/data'), 'remote-url-invalid', 'credentials');
    expect(box.varve(add('ssh://ann:hush@host/data')).err).not.toContain('hush');
    refused(box, add('ssh://host'), 'remote-url-invalid', 'names no folder');
    refused(box, add('ssh://-oProxyCommand=x/data'), 'remote-url-invalid', 'names no host');
    refused(box, add('ssh://host/a/../b'), 'remote-url-invalid', '..');
    refused(box, add('ssh://host/data', '--region', 'x'), 'setting-unsupported', 'region');
  });
});
