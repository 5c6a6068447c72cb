import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type DatabaseServer,
  describeWithMariadb,
  describeWithPostgresql,
  type Identity,
  identityOf,
  startMariadb,
  startPostgresql,
} from '../support/databases.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { freePort } from '../support/server-process.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const TABLE = 'CREATE TABLE x (id INT PRIMARY KEY); INSERT INTO x VALUES (1)';

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

function add(url: string): Promise<Ended> {
  return box.later(['add', url, '--table', 'x', '--to', 'x.csv']);
}

/** What holds of both kinds of server, of which `authority` vouches for `127.0.0.1` and for `other` by another name. */
async function proves(url: string, authority: string): Promise<void> {
  const unknown = await add(`${url}?sslmode=verify`);
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('?sslrootcert=PATH')]);
  expect(unknown.err).toContain('does not prove who it is');
  // Whoever names an authority wants proof, also of a server that seems to be here.
  for (const parameter of ['sslrootcert', 'ssl-ca'])
    expect((await add(`${url}?${parameter}=${authority}`)).code).toBe(0);
  const other = url.replace('127.0.0.1', 'localhost');
  expect((await add(`${other}?sslrootcert=${authority}`)).err).toMatch(
    /does not prove who it is: .*localhost/,
  );
  expect((await add(`${other}?sslrootcert=${authority}&sslmode=verify-ca`)).code).toBe(0);
  expect((await add(`${other}?sslmode=require`)).code).toBe(0);
  for (const mode of ['require', 'verify-ca'])
    expect((await add(`${url}?sslmode=${mode}&sslrootcert=system`)).err).toContain(
      'does not prove who it is',
    );
  // Where everybody trusts its authority, a server is any that such an authority knows by some name: only the name is a proof.
  box.env.NODE_EXTRA_CA_CERTS = authority;
  for (const more of ['sslmode=verify-ca', 'sslrootcert=system', 'sslmode=require&sslrootcert=system']) {
    expect((await add(`${url}?${more}`)).code, more).toBe(0);
    expect((await add(`${other}?${more}`)).err, more).toMatch(/does not prove who it is: .*localhost/);
  }
  delete box.env.NODE_EXTRA_CA_CERTS;
  // An authority that is there is asked, and one that is another vouches for nobody.
  const stranger = identityOf('IP:127.0.0.1');
  expect((await add(`${url}?sslmode=require&sslrootcert=${stranger.authority}`)).code).toBe(2);
  rmSync(stranger.folder, { recursive: true });
  for (const path of ['none.pem', '/usr', box.write('repo/text.pem', 'hush')])
    expect(
      refused(
        box,
        ['add', `${url}?sslrootcert=${path}`, '--table', 'x', '--to', 'y.csv'],
        'certificates-unreadable',
        path,
      ),
    ).not.toContain('hush');
}

describeWithMariadb(() => {
  let identity: Identity;
  let server: DatabaseServer;
  let proxy: Server;
  let url: string;
  beforeAll(async () => {
    identity = identityOf('IP:127.0.0.1');
    server = await startMariadb(`--ssl-cert=${identity.certificate}`, `--ssl-key=${identity.key}`);
    server.run(TABLE);
    const path = new URL(server.url()).searchParams.get('socket')!;
    proxy = createServer((client) => {
      const upstream = connect(path);
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    url = `mysql://root@127.0.0.1:${(proxy.address() as { port: number }).port}/shop`;
  }, 60_000);
  afterAll(async () => {
    proxy.close();
    await server.stop();
    rmSync(identity.folder, { recursive: true });
  });

  test('a certificate proves the address that was asked for, by an authority that was named', async () => {
    await proves(url, identity.authority);
  }, 60_000);

  test('the option file of clients names an authority, and how to connect', async () => {
    box.write('.my.cnf', `[client]\nssl_ca = "${identity.authority}" # of this test\n`);
    expect((await add(`${url}?sslmode=verify`)).code).toBe(0);
    box.write('.my.cnf', '[client]\nssl-mode=VERIFY_IDENTITY\n');
    expect((await add(url)).err).toContain('does not prove who it is');
    // Another machine that the file names comes before its own socket.
    const socket = new URL(server.url()).searchParams.get('socket')!;
    const port = new URL(url).port;
    const file = (host: string, at = port): unknown =>
      box.write('.my.cnf', `[client]\nuser=root\nhost=${host}\nport=${at}\nsocket=${socket}\n`);
    file('127.0.0.1', '1');
    expect((await add('mysql:///shop')).err).toContain('does not answer');
    file('localhost', '1');
    expect((await add('mysql:///shop')).code).toBe(0);
    for (const none of ['99999', 'soon', '-1', '3306x']) {
      file('127.0.0.1', none);
      const ended = await add('mysql:///shop');
      expect([none, ended.code, ended.err]).toEqual([
        ...[none, 2, expect.stringContaining('`port` in ~/.my.cnf is no port')],
      ]);
    }
    box.write('.my.cnf', '[client]\nssl-mode=PERHAPS\n');
    expect((await add(url)).err).toContain('`ssl-mode` in ~/.my.cnf has a word');
  }, 60_000);

  test('a clone tells nothing of a file that a pointer names as an authority and that is none', async () => {
    const secret = box.write('secret.pem', 'hush');
    expect((await add(`${url}?sslrootcert=${identity.authority}`)).code).toBe(0);
    const pointer = box.path('repo/x.csv.varve');
    box.run('sed', ['-i', `s,sslrootcert=[^"]*,sslrootcert=${secret},`, pointer]);
    box.commit('x');
    box.git(['clone', '-q', 'repo', 'clone'], '.');
    refused(box, ['update'], 'settings-untrusted', '', 'clone');
    const shown = box.ok(['trust', '--show'], 'clone');
    expect(shown).toMatch(/database +mysql:\/\/root@127\.0\.0\.1:\d+\/shop\?sslrootcert=\S*secret\.pem/);
    expect(shown).toMatch(/authority +none/);
    box.ok(['trust'], 'clone');
    expect(refused(box, ['update'], 'certificates-unreadable', 'secret.pem', 'clone')).not.toContain('hush');
  }, 60_000);
});

/** The pointer of `x.csv`. */
function pointer(): string {
  return readFileSync(box.path('repo/x.csv.varve'), 'utf8');
}

describeWithPostgresql(() => {
  let identity: Identity;
  let server: DatabaseServer;
  let url: string;
  beforeAll(async () => {
    identity = identityOf('IP:127.0.0.1');
    const port = await freePort();
    server = await startPostgresql({
      ...{ listen_addresses: 'localhost', port: String(port), ssl: 'on' },
      ...{ ssl_cert_file: identity.certificate, ssl_key_file: identity.key },
    });
    server.run(TABLE);
    url = `postgresql://ann@127.0.0.1:${port}/postgres`;
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    rmSync(identity.folder, { recursive: true });
  });

  test('a certificate proves the address that was asked for, by an authority that was named', async () => {
    await proves(url, identity.authority);
  }, 60_000);

  test('an authority in the repository is named from its root, and its content is agreed to', async () => {
    const own = box.write('repo/certs/ca one.pem', readFileSync(identity.authority, 'utf8'));
    mkdirSync(box.path('repo/sub'));
    const there = await box.later(
      ['add', `${url}?sslrootcert=../certs/ca+one.pem&timeout=60`, '--table', 'x', '--to', '../x.csv'],
      'repo/sub',
    );
    expect([there.code, there.err]).toEqual([0, expect.anything()]);
    expect(pointer()).toContain('?sslrootcert=./certs/ca%20one.pem&timeout=60');
    box.ok(['update']);
    expect(pointer()).toContain('?sslrootcert=./certs/ca%20one.pem&timeout=60');
    const agreed = box.ok(['trust', '--show']);
    expect(agreed).toMatch(/authority +sha256:[0-9a-f]{64}/);

    // Whoever has another authority merged has another server vouched for.
    const stranger = identityOf('IP:127.0.0.1');
    box.write('repo/certs/ca one.pem', readFileSync(stranger.authority, 'utf8'));
    refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
    rmSync(own);
    refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
    symlinkSync(stranger.authority, own);
    refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
    rmSync(own);
    box.write('repo/certs/ca one.pem', readFileSync(identity.authority, 'utf8'));
    box.ok(['update']);
    rmSync(stranger.folder, { recursive: true });

    // By a link that leads there, it is known by its place in the repository.
    symlinkSync(box.path('repo'), box.path('link'));
    expect((await add(`${url}?ssl-ca=${box.path('link/certs/ca%20one.pem')}`)).code).toBe(0);
    expect(pointer()).toContain('?ssl-ca=./certs/ca%20one.pem');

    // Other clones have other paths, and mean their own file.
    box.run('git', ['add', '-f', own]);
    box.commit('x');
    box.git(['clone', '-q', 'repo', 'clone'], '.');
    mkdirSync(box.path('clone/sub'));
    refused(box, ['update'], 'settings-untrusted', 'x.csv.varve', 'clone');
    box.ok(['trust'], 'clone');
    rmSync(own);
    expect((await box.later(['update'], 'clone/sub')).code).toBe(0);
    expect(readFileSync(box.path('clone/x.csv.varve'), 'utf8')).toBe(pointer());
  }, 60_000);

  test('parameters of a URL are known by what they say, however they are written', async () => {
    box.write('repo/certs/ca.pem', readFileSync(identity.authority, 'utf8'));
    mkdirSync(box.path('repo/sub'));
    const asked = `${url}?sslrootc%65rt=..%2fcerts/ca.pem&ti%6deout=60&t%61ble=x`;
    const { code, err } = await box.later(['add', asked, '--to', '../x.csv'], 'repo/sub');
    expect([code, err]).toEqual([0, expect.anything()]);
    expect(pointer()).toContain('?sslrootcert=./certs/ca.pem&timeout=60"');
    box.ok(['update']);
  }, 60_000);

  test('a path in a pointer that could mean two files is refused', async () => {
    box.write('repo/ca.pem', readFileSync(identity.authority, 'utf8'));
    expect((await add(`${url}?sslrootcert=ca.pem`)).code).toBe(0);
    const root = box.path('repo');
    symlinkSync('.', box.path('repo/here'));
    for (const path of [
      ...[
        'certs/ca.pem',
        '../ca.pem',
        './../ca.pem',
        './a/../ca.pem',
        './',
        './.',
        '/',
        './/etc/ca.pem',
        './%00',
      ],
      ...['~/ca.pem', '', `${root}/here/../ca.pem`, `${root}//ca.pem`, `/${root}/ca.pem`, `${root}/./ca.pem`],
      ...[
        `${root}/ca.pem/`,
        '/proc/self/cwd/ca.pem',
        '/proc/../proc/self/cwd/ca.pem',
        '/dev/fd/3',
        '/net/a/ca.pem',
        '/NET/a/ca.pem',
        '/etc%5Cca.pem',
      ],
    ]) {
      const said = `database: "${url}?sslrootcert=${path}"`;
      box.write('repo/x.csv.varve', pointer().replace(/database: .*/, said));
      expect(refused(box, ['update'], 'pointer-damaged', 'x.csv.varve'), path).toContain(
        'names an authority neither',
      );
    }
    const device = ['add', `${url}?sslrootcert=/dev/zero`, '--table', 'x', '--to', 'y.csv'];
    expect(refused(box, device, 'database-url-invalid', '')).toContain('of a file that stays');
  }, 60_000);

  test('what a file of certificates says is agreed to, by whatever way a path leads there', async () => {
    const file = box.write('repo/certs/ca.pem', readFileSync(identity.authority, 'utf8'));
    const renewed = identityOf('IP:127.0.0.1');
    symlinkSync(box.path('repo/certs'), box.path('outside'));
    symlinkSync('certs', box.path('repo/link'));
    expect((await add(`${url}?sslrootcert=certs/ca.pem`)).code).toBe(0);
    const written = pointer();
    for (const way of [box.path('outside/ca.pem'), box.path('repo/certs/ca.pem'), './link/ca.pem']) {
      box.write('repo/certs/ca.pem', readFileSync(identity.authority, 'utf8'));
      box.write('repo/x.csv.varve', written.replace('./certs/ca.pem', way));
      refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
      box.ok(['trust']);
      expect((await box.later(['update', '--json'])).code, way).toBe(0);
      box.write('repo/x.csv.varve', written.replace('./certs/ca.pem', way));
      box.write('repo/certs/ca.pem', readFileSync(renewed.authority, 'utf8'));
      const told = refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
      expect(told, way).toContain('the file of the authority that vouches for the server has changed');
    }
    // An administrator who renews one asks as much, and then the server is asked.
    const elsewhere = box.write('elsewhere.pem', readFileSync(identity.authority, 'utf8'));
    expect((await add(`${url}?sslrootcert=${elsewhere}`)).code).toBe(0);
    expect(pointer()).toContain(`?sslrootcert=${elsewhere}`);
    box.write('elsewhere.pem', readFileSync(renewed.authority, 'utf8'));
    refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
    box.ok(['trust']);
    refused(box, ['update'], 'tls-refused', '');

    // A link that Git brought leads to no file of this machine.
    rmSync(file);
    symlinkSync(elsewhere, file);
    box.write('repo/x.csv.varve', written);
    refused(box, ['update'], 'settings-untrusted', 'x.csv.varve');
    expect(box.ok(['trust', '--show'])).toMatch(/authority +none/);
    box.ok(['trust']);
    expect(refused(box, ['update'], 'certificates-unreadable', 'certs/ca.pem')).toContain('link out of');
    box.write('elsewhere.pem', readFileSync(identity.authority, 'utf8'));
    expect((await add(`${url}?sslrootcert=certs/ca.pem`)).code).toBe(0);
    expect(pointer()).toContain(`?sslrootcert=${elsewhere}`);
    rmSync(renewed.folder, { recursive: true });
  }, 60_000);

  test('variables of clients name an authority, and how to connect', async () => {
    box.env.PGSSLMODE = 'verify-full';
    expect((await add(url)).err).toContain('PGSSLROOTCERT');
    box.env.PGSSLROOTCERT = identity.authority;
    expect((await add(url)).code).toBe(0);
    delete box.env.PGSSLROOTCERT;
    box.run('sh', ['-c', `mkdir -p ~/.postgresql && cp ${identity.authority} ~/.postgresql/root.crt`]);
    expect((await add(url)).code).toBe(0);
    for (const none of ['99999', 'soon']) {
      box.env.PGPORT = none;
      const ended = await add('postgresql://ann@127.0.0.1/postgres');
      expect([ended.code, ended.err]).toEqual([2, expect.stringContaining('PGPORT is no port')]);
    }
    box.env.PGPORT = new URL(url).port;
    expect((await add('postgresql://ann@127.0.0.1/postgres')).code).toBe(0);
    delete box.env.PGPORT;
    box.env.PGSSLMODE = 'perhaps';
    expect((await add(url)).err).toContain('PGSSLMODE has a word');
    expect((await add(`${url}?sslmode=verify`)).code).toBe(0);
  }, 60_000);
});
