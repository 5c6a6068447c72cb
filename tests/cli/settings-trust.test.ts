import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Result, Sandbox } from '../support/sandbox.ts';

/** What a stranger's server sees. */
class Stranger {
  readonly #server: Server;
  readonly asked: { readonly url: string; readonly token: string | undefined }[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<Stranger> {
    const server = createServer((request, response) => {
      stranger.asked.push({
        url: request.url ?? '',
        token: request.headers['x-amz-security-token'] as string | undefined,
      });
      response.statusCode = 403;
      response.end('<Error><Code>AccessDenied</Code></Error>');
    });
    const stranger = new Stranger(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return stranger;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let stranger: Stranger;
beforeAll(async () => {
  stranger = await Stranger.listen();
});
afterAll(() => stranger.close());

/** A hostile setting, and what it reaches once somebody agreed to it. */
interface Case {
  readonly name: string;
  readonly dvc?: true;
  /** Writes what a stranger commits. */
  readonly write: (box: Sandbox) => void;
  /** Commands that must stop at it. All others may do their work, and must leave everything elsewhere alone. */
  readonly stops: readonly (readonly string[])[];
  readonly reaches: 'server' | 'command' | 'folder' | 'nothing';
}

const ON_REMOTE = [
  ['push'],
  ['fetch'],
  ['pull'],
  ['verify', '--remote', 'origin'],
  ['gc', '--remote', 'origin', '--grace', '0'],
];
const ON_CACHE = [['add', 'data.csv'], ['fetch'], ['pull'], ['checkout'], ['verify']];
const GC = [
  ['gc', '--grace', '0'],
  ['gc', '--dry-run'],
];

/** Every command, on every kind of argument that may lead to a cache, a remote or a source. */
const COMMANDS = [
  ['status'],
  ['diff'],
  ['diff', 'HEAD'],
  ['log', 'data.csv'],
  ['checkout'],
  ['checkout', '--force'],
  ['remote', 'list'],
  ['remote', 'source', 's3://bucket'],
  ['remote', 'default', 'origin'],
  ['profile', 'data.csv'],
  ['profile', 'data.csv@HEAD'],
  ['schema', 'infer', 'data.csv', '--force'],
  ['validate', 'data.csv'],
  ['drift', 'data.csv@HEAD', 'data.csv'],
  ['check', 'HEAD'],
  ['trust', '--show'],
  ['trust', '--list'],
  ['trust', '--revoke'],
  ['git', 'textconv', 'pointer'],
  ['completion', 'bash'],
  ['add', 'data.csv'],
  ['push'],
  ['push', '--profiles-only'],
  ['push', '--all-commits'],
  ['fetch'],
  ['fetch', '--profiles-only'],
  ['pull'],
  ['verify'],
  ['verify', '--remote', 'origin'],
  ['gc', '--dry-run'],
  ['gc', '--grace', '0'],
  ['gc', '--remote', 'origin', '--grace', '0'],
  ['import-dvc'],
  ['export-dvc'],
];

const remote = (rest: string) => `version: 1\ndefault: origin\nremotes:\n  origin:\n${rest}`;
const inFile = (file: string, text: string) => (box: Sandbox) => void box.write(`repo/${file}`, text);
const shared = (text: () => string) => (box: Sandbox) =>
  inFile('.varve/config.yaml', text().replaceAll('ROOT', box.root))(box);
const local = (text: () => string) => (box: Sandbox) =>
  inFile('.varve/config.local.yaml', text().replaceAll('ROOT', box.root))(box);
const dvc = (file: string, text: () => string) => (box: Sandbox) =>
  inFile(`.dvc/${file}`, text().replaceAll('ROOT', box.root))(box);
const onS3 = (more: string) => remote(`    url: s3://bucket/prefix\n${more}`);
const dvcRemote = (more: string) =>
  `[core]\n    remote = origin\n['remote "origin"']\n    url = s3://bucket/prefix\n${more}`;
const pointerInPlace = (source: string) =>
  `varve: 1\npath: raw\nkind: directory\ndigest: sha256:${'0'.repeat(64)}\nbytes: 1\nfiles: 1\nsource: "${source}"\n`;
const link = (target: string, path: string) => (box: Sandbox) => {
  rmSync(box.path('repo', path), { recursive: true, force: true });
  symlinkSync(target.replaceAll('ROOT', box.root), box.path('repo', path));
};
const both =
  (...writes: ((box: Sandbox) => void)[]) =>
  (box: Sandbox) => {
    for (const write of writes) write(box);
  };

const CASES: readonly Case[] = [
  {
    name: 'an endpoint in config.yaml',
    write: shared(() => onS3(`    endpoint: ${stranger.endpoint}\n`)),
    stops: ON_REMOTE,
    reaches: 'server',
  },
  {
    name: 'an endpoint in config.local.yaml, committed by `git add -f`',
    write: both(
      shared(() => onS3('')),
      local(() => `remotes: {origin: {endpoint: "${stranger.endpoint}"}}\n`),
    ),
    stops: ON_REMOTE,
    reaches: 'server',
  },
  {
    name: 'a profile of this machine that runs a command',
    write: shared(() => onS3('    profile: runs\n')),
    stops: ON_REMOTE,
    reaches: 'command',
  },
  {
    name: 'a region that is part of a host name',
    write: shared(() => onS3('    region: evil.example.org/\n')),
    stops: ON_REMOTE,
    reaches: 'nothing',
  },
  {
    name: 'an alias of mc',
    write: shared(() => remote('    url: minio://lab/bucket/prefix\n')),
    stops: ON_REMOTE,
    reaches: 'server',
  },
  {
    name: 'an endpoint for the minio library',
    write: shared(() => remote(`    url: minio://other/bucket\n    endpoint: ${stranger.endpoint}\n`)),
    stops: ON_REMOTE,
    reaches: 'server',
  },
  {
    name: 'a bucket of Google',
    write: shared(() => remote(`    url: gs://bucket/new\n    endpoint: ${stranger.endpoint}\n`)),
    stops: ON_REMOTE,
    reaches: 'server',
  },
  {
    name: 'a container of Azure',
    write: shared(() =>
      remote(`    url: azure://container/new\n    endpoint: ${stranger.endpoint}/a\n    anonymous: true\n`),
    ),
    stops: ON_REMOTE,
    reaches: 'server',
  },
  {
    name: 'an SSH server',
    write: shared(() => remote('    url: ssh://ann@127.0.0.1:9/new\n')),
    stops: ON_REMOTE,
    reaches: 'nothing',
  },
  {
    name: 'a folder outside',
    write: shared(() => remote('    url: ROOT/elsewhere/new\n')),
    stops: ON_REMOTE,
    reaches: 'folder',
  },
  {
    name: 'a folder outside, relative',
    write: shared(() => remote('    url: ../elsewhere/new\n')),
    stops: ON_REMOTE,
    reaches: 'folder',
  },
  {
    name: 'a folder outside, by file://',
    write: shared(() => remote('    url: file://ROOT/elsewhere/new\n')),
    stops: ON_REMOTE,
    reaches: 'folder',
  },
  {
    name: 'a folder outside, by a link in the repository',
    write: both(
      link('../elsewhere', 'inside'),
      shared(() => remote('    url: inside/new\n')),
    ),
    stops: ON_REMOTE,
    reaches: 'folder',
  },
  {
    name: 'a folder outside, by the parent of what a link leads to',
    write: both(
      link('../elsewhere/deep', 'way'),
      link('way/../new', 'inside'),
      shared(() => remote('    url: inside\n')),
    ),
    stops: ON_REMOTE,
    reaches: 'nothing',
  },
  {
    name: "a folder in Git's own",
    write: shared(() => remote('    url: .git/new\n')),
    stops: ON_REMOTE,
    reaches: 'nothing',
  },
  {
    name: 'a cache two folders up',
    write: shared(() => 'cache: ../..\n'),
    stops: [...ON_CACHE, ...GC],
    reaches: 'nothing',
  },
  {
    name: "a cache in another repository's folder of Git",
    write: shared(() => 'cache: ../other/.git\n'),
    stops: [...ON_CACHE, ...GC],
    reaches: 'nothing',
  },
  {
    name: 'a cache elsewhere',
    write: local(() => 'cache: ROOT/elsewhere/new\n'),
    stops: [...ON_CACHE, ...GC],
    reaches: 'folder',
  },
  {
    name: 'a cache that is a link',
    write: link('../../elsewhere', '.varve/cache'),
    stops: [...ON_CACHE, ...GC],
    reaches: 'nothing',
  },
  {
    name: "a cache of DVC's, for an export",
    write: dvc('config', () => '[cache]\n dir = ../../elsewhere/new\n'),
    stops: [['export-dvc']],
    reaches: 'folder',
  },
  {
    name: 'a source with an endpoint',
    write: both(
      local(() => `sources: {"s3://bucket": {endpoint: "${stranger.endpoint}"}}\n`),
      inFile('raw.varve', pointerInPlace('s3://bucket/raw')),
    ),
    stops: [['add', 's3://bucket/raw', '--to', 'raw']],
    reaches: 'nothing',
  },
  {
    name: 'endpointurl',
    dvc: true,
    write: dvc('config', () => dvcRemote(`    endpointurl = ${stranger.endpoint}\n`)),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'server',
  },
  {
    name: 'endpointurl in config.local, by a reference to another remote',
    dvc: true,
    write: both(
      dvc('config', () => '[core]\n remote = origin\n[\'remote "origin"\']\n url = remote://base/prefix\n'),
      dvc(
        'config.local',
        () => `['remote "base"']\n url = s3://bucket\n endpointurl = ${stranger.endpoint}\n`,
      ),
    ),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'server',
  },
  {
    name: 'configpath, a file in the repository that runs a command',
    dvc: true,
    write: both(
      dvc('config', () => dvcRemote('    configpath = ../aws\n')),
      (box) => void box.write('repo/aws', runs(box, 'default')),
    ),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'command',
  },
  {
    name: 'credentialpath, a file in the repository that runs a command',
    dvc: true,
    write: both(
      dvc('config', () => dvcRemote('    credentialpath = ../aws\n')),
      (box) => void box.write('repo/aws', runs(box, 'default')),
    ),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'command',
  },
  {
    name: 'profile',
    dvc: true,
    write: dvc('config', () => dvcRemote('    profile = runs\n')),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'command',
  },
  {
    name: 'keys',
    dvc: true,
    write: dvc('config', () => dvcRemote('    access_key_id = a\n    secret_access_key = hush\n')),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'server',
  },
  {
    name: 'a folder outside',
    dvc: true,
    write: dvc(
      'config',
      () => '[core]\n remote = origin\n[\'remote "origin"\']\n url = ../../elsewhere/new\n',
    ),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'folder',
  },
  {
    name: 'a folder outside, by file://',
    dvc: true,
    write: dvc(
      'config',
      () => '[core]\n remote = origin\n[\'remote "origin"\']\n url = file://ROOT/elsewhere/new\n',
    ),
    stops: ON_REMOTE.slice(0, 4),
    reaches: 'folder',
  },
  {
    name: 'a cache outside',
    dvc: true,
    write: dvc('config', () => '[cache]\n dir = ../../elsewhere/new\n'),
    stops: ON_CACHE,
    reaches: 'folder',
  },
  {
    name: 'a folder of varve that is a link, for an import',
    dvc: true,
    // A cache that an earlier varve left there would be used.
    write: (box) => {
      mkdirSync(box.path('elsewhere/cache'), { recursive: true });
      link('../elsewhere', '.varve')(box);
    },
    stops: [['import-dvc']],
    reaches: 'folder',
  },
  {
    name: 'a cache that a link leads out of',
    dvc: true,
    write: (box) => {
      rmSync(box.path('repo/.dvc/cache'), { recursive: true, force: true });
      mkdirSync(box.path('repo/.dvc/cache/files'), { recursive: true });
      symlinkSync('../../../../elsewhere', box.path('repo/.dvc/cache/files/md5'));
    },
    stops: ON_CACHE,
    reaches: 'nothing',
  },
];

/** A profile of the AWS tools whose credentials come from a command, which leaves a file. */
function runs(box: Sandbox, profile: string): string {
  const key =
    '{\\"Version\\":1,\\"AccessKeyId\\":\\"a\\",\\"SecretAccessKey\\":\\"b\\",\\"SessionToken\\":\\"t\\"}';
  const script = box.write('bin/credentials', `#!/bin/sh\ntouch "${box.path('ran')}"\necho "${key}"\n`);
  return `[${profile}]\ncredential_process = sh ${script}\n`;
}

/** A repository with one dataset, beside another one and a folder of the user. */
function prepare({ dvc: isDvc, write, reaches }: Case): Sandbox {
  const box = new Sandbox();
  // A stranger wants the machine's own credentials; where a command is to run for them, there are no others.
  const keys = { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'secret' };
  Object.assign(box.env, {
    ...(reaches === 'command' ? {} : keys),
    AWS_ENDPOINT_URL_S3: stranger.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    MC_HOST_lab: stranger.endpoint.replace('http://', 'http://key:secret@'),
  });
  box.write('.aws/config', runs(box, 'profile runs'));
  for (const folder of ['repo', 'other']) {
    mkdirSync(box.path(folder));
    box.git(['init', '-q', '-b', 'main'], folder);
  }
  if (isDvc) box.write('repo/.dvc/config', '');
  else box.ok(['init']);
  box.write('repo/data.csv', `id\n${'1\n'.repeat(50)}`);
  box.ok(['add', 'data.csv']);
  box.commit('data');
  box.write('repo/pointer', readFileSync(box.path('repo', isDvc ? 'data.csv.dvc' : 'data.csv.varve')));
  box.write('other/file', 'text');
  box.commit('other', 'other');
  box.write('elsewhere/deep/precious', 'precious');
  box.write('elsewhere/tmp/old', 'old');
  box.write('tmp/old', 'old');
  box.run('touch', ['-d', '2001-01-01', box.path('elsewhere/tmp/old'), box.path('tmp/old')], '.');
  write(box);
  return box;
}

/** Every file outside the repository, with its size and time. */
function elsewhere(box: Sandbox): string[] {
  return readdirSync(box.root, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !`${path}/`.startsWith(box.path('repo/')) && !path.includes('/.cache'))
    .map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`)
    .sort();
}

/** Cases that all commands meet: the first of each kind. Of the others, each meets every fifth one, so that six cases and more try each command. */
const WHOLE = new Set(
  CASES.filter(
    ({ dvc: isDvc, reaches }, at) =>
      CASES.findIndex((one) => one.dvc === isDvc && one.reaches === reaches) === at,
  ),
);
const commandsFor = (given: Case) =>
  COMMANDS.filter((_, at) => WHOLE.has(given) || (at + CASES.indexOf(given)) % 5 === 0);

const run = (box: Sandbox, args: readonly string[]): Promise<Result> => box.later([...args]);
const errorOf = ({ out }: Result) =>
  (JSON.parse(out) as { error: { code: string; message: string; remedy: string; path: string } }).error;

describe.each(CASES)('settings that came through Git: $name (DVC: $dvc)', (given) => {
  test('reach nothing before this machine agrees, and what they say after it', {
    timeout: 120_000,
  }, async () => {
    const box = prepare(given);
    try {
      const asked = stranger.asked.length;
      const before = elsewhere(box);
      for (const args of given.stops) {
        const refused = await run(box, [...args, '--json']);
        expect(refused, args.join(' ')).toMatchObject({ code: 2 });
        expect(errorOf(refused), args.join(' ')).toMatchObject({
          code: 'settings-untrusted',
          remedy: expect.stringMatching(/`varve trust sha256:[0-9a-f]{64}`/),
        });
      }
      const isStopped = (args: readonly string[]) => given.stops.some((one) => one.join() === args.join());
      for (const args of commandsFor(given).filter((one) => !isStopped(one))) {
        const { err } = await run(box, args);
        expect(err, args.join(' ')).not.toMatch(/defect of varve/);
      }
      expect(elsewhere(box)).toEqual(before);
      expect(stranger.asked.slice(asked)).toEqual([]);

      const [first = ['status']] = given.stops;
      const [, agree = ''] =
        /`varve (trust sha256:\w+)`/.exec(errorOf(await run(box, [...first, '--json'])).remedy) ?? [];
      expect(await run(box, agree.split(' '))).toMatchObject({ code: 0 });
      const agreed = await run(box, first);
      expect(agreed.err).not.toMatch(/needs your consent/);
      if (given.reaches === 'server') expect(stranger.asked.length).toBeGreaterThan(asked);
      if (given.reaches === 'command') expect(readdirSync(box.root)).toContain('ran');
      if (given.reaches === 'folder') {
        expect(agreed).toMatchObject({ code: 0 });
        const made = readdirSync(box.path('elsewhere')).filter((name) => !['deep', 'tmp'].includes(name));
        expect(made).not.toEqual([]);
      }
    } finally {
      box.remove();
    }
  });
});
