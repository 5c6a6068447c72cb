import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { HostileSandbox, Kind } from './sample.ts';

export interface Target {
  readonly sandbox: HostileSandbox;
  readonly kind: Kind;
  /** Of a server that nobody should ask. */
  readonly server: string;
}

/** One change that a stranger's pull request could make, by what it is after. */
export type Attack = (target: Target) => void;

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** A pointer to the payload under another name. */
function point(file: string, path: string): Attack {
  return ({ sandbox, kind }) => {
    const text = sandbox.payloadPointer(kind).replace(/path: .*\n/, `path: ${JSON.stringify(path)}\n`);
    sandbox.plant(kind === 'varve' ? `${file}.varve` : `${file.replace(/^(.*\/)?/, '$1x-')}.dvc`, text);
  };
}

function config(lines: string): Attack {
  return ({ sandbox, kind, server }) => {
    const filled = lines.replaceAll('SERVER', server).replaceAll('CANARY', sandbox.canary);
    sandbox.plant(kind === 'varve' ? '.varve/config.yaml' : '.dvc/config', filled);
  };
}

function varveRemote(url: string, more = ''): Attack {
  return config(`version: 1\ndefault: origin\nremotes:\n  origin:\n    url: ${url}\n${more}`);
}

function dvcRemote(url: string, more = ''): Attack {
  return ({ sandbox, ...rest }) => {
    sandbox.plant('stolen', `[default]\ncredential_process = ${sandbox.canary}\n`);
    config(`[core]\n    remote = origin\n['remote "origin"']\n    url = ${url}\n${more}`)({
      sandbox,
      ...rest,
    });
  };
}

const link =
  (path: string, to: string): Attack =>
  ({ sandbox }) => {
    rmSync(sandbox.path('repo', path), { recursive: true, force: true });
    sandbox.linkTo(path, to);
  };

const plant =
  (path: string, content: string): Attack =>
  ({ sandbox, server }) =>
    sandbox.plant(path, content.replaceAll('SERVER', server).replaceAll('CANARY', sandbox.canary));

/** A pointer that says where its data is from. SERVER is host and port. */
const from =
  (kind: 'file' | 'directory', version: number, facts: string): Attack =>
  ({ sandbox, server }) => {
    const text = `varve: ${version}\npath: lake\nkind: ${kind}\ndigest: ${DIGEST}\nbytes: 1\nfiles: 1\n${facts}`;
    sandbox.plant('lake.varve', text.replaceAll('SERVER', server.replace('http://', '')));
  };

const INTO: Record<string, Attack> = {
  '.git': point('.git', '.git'),
  '.GIT': point('.GIT', '.GIT'),
  'git~1': point('git~1', 'git~1'),
  'sub/.git': point('sub/.git', '.git'),
  '.varve': point('.varve', '.varve'),
  '.dvc': point('.dvc', '.dvc'),
  '.': point('.', '.'),
  '..': point('..', '..'),
  '../guard': point('up', '../guard'),
  'tracked code': point('src', 'src'),
};

const BOTH: Record<string, Attack> = {
  ...Object.fromEntries(Object.entries(INTO).map(([to, attack]) => [`a pointer to ${to}`, attack])),
  'data that is a link to a folder outside': link('data', '../guard'),
  'a table that is a link to a file outside': link('table.csv', '../guard/file'),
  'a schema that is a link to a file outside': link('table.csv.schema.yaml', '../guard/file'),
  'a schema with an expression that reads a file': plant(
    'table.csv.schema.yaml',
    "varveSchema: 1\nfeatures:\n  id:\n    expect: id > 0 and (select count(*) from read_text('/etc/passwd')) > 0\n",
  ),
  'attributes that name filters': plant(
    '.gitattributes',
    '*.varve diff=varve merge=varve filter=evil\n*.dvc filter=evil\n',
  ),
  'ignore rules without end': plant('.varveignore', `${'*a'.repeat(200)}b\n${'**/'.repeat(200)}b\n`),
  'an ignore file that is a link': link('.varveignore', '../guard/file'),
  'ignore rules that hide pointers': plant('.gitignore', '*\n!*/\n'),
};

export const ATTACKS: Record<Kind, Record<string, Attack>> = {
  varve: {
    ...BOTH,
    'a remote with an endpoint': varveRemote(
      's3://bucket/prefix',
      '    endpoint: SERVER\n    region: us-east-1\n',
    ),
    'a remote with an endpoint and a profile': varveRemote(
      's3://bucket/prefix',
      '    endpoint: SERVER\n    profile: theirs\n',
    ),
    'a MinIO remote with an endpoint': varveRemote('minio://theirs/bucket', '    endpoint: SERVER\n'),
    'a remote folder outside': varveRemote('../guard'),
    'a remote in the home folder': varveRemote('../home'),
    'a remote that is Git': varveRemote('.git'),
    'a remote with a line break': varveRemote('"../remote\\n::set-output name=x::y"'),
    'a cache outside': config('version: 1\ncache: ../guard\n'),
    "a cache in another repository's Git": config('version: 1\ncache: ../other/.git\n'),
    'a cache two folders up': config('version: 1\ncache: ../..\n'),
    'a cache in Git': config('version: 1\ncache: .git\n'),
    'local settings in Git': plant(
      '.varve/config.local.yaml',
      'version: 1\nremotes:\n  origin:\n    url: s3://bucket/prefix\n    endpoint: SERVER\n    region: us-east-1\n',
    ),
    'a pointer in place': plant(
      'lake.varve',
      `varve: 1\npath: "lake"\nkind: directory\ndigest: ${DIGEST}\nbytes: 1\nfiles: 1\nsource: "s3://bucket/prefix"\n`,
    ),
    'an import from a server': from(
      'file',
      2,
      `imported-from: "http://SERVER/x.git"\nimported-path: x\nimported-commit: "${'0'.repeat(40)}"\n`,
    ),
    'rows of a database': from('file', 6, 'database: "mysql://root@SERVER/x"\ndatabase-table: x\n'),
    'rows that are appended': from(
      'directory',
      6,
      'database: "postgresql://SERVER/x"\ndatabase-query: "SELECT 1 AS id"\ndatabase-incremental: id\ndatabase-last: "0"\ndatabase-rows: 1\n',
    ),
    'messages of a topic': from(
      'directory',
      6,
      'topic: "kafka://SERVER/x"\ntopic-registry: "http://SERVER"\ntopic-offsets: "0:0-1"\n',
    ),
    'a pointer to local settings': ({ sandbox }) => {
      const text = sandbox.payloadPointer('varve').replace(/path: .*\n/, 'path: "config.local.yaml"\n');
      sandbox.plant('.varve/config.local.yaml.varve', text);
    },
    'a cache that is a link to a folder outside': link('.varve/cache', '../../guard'),
    'notes that are a link to a folder outside': link('.varve/stat', '../../guard'),
    'damaged notes': plant('.varve/stat/data', 'VARVSTA1\0\0\0\0\0\0\0\0'),
  },
  dvc: {
    ...BOTH,
    'a remote with an endpoint': dvcRemote(
      's3://bucket/prefix',
      '    endpointurl = SERVER\n    region = us-east-1\n',
    ),
    'a remote with a configuration of its own': dvcRemote(
      's3://bucket/prefix',
      '    configpath = ../stolen\n    region = us-east-1\n    endpointurl = SERVER\n',
    ),
    'a remote with credentials of its own': dvcRemote(
      's3://bucket/prefix',
      '    credentialpath = ../stolen\n    region = us-east-1\n    endpointurl = SERVER\n',
    ),
    'a remote with a profile': dvcRemote(
      's3://bucket/prefix',
      '    profile = theirs\n    endpointurl = SERVER\n',
    ),
    'a remote folder outside': dvcRemote('../../guard'),
    'a remote that is Git': dvcRemote('../.git'),
    'a remote by ssh': dvcRemote('ssh://host/path'),
    'a remote by http': dvcRemote('SERVER/path'),
    'a cache outside': config('[cache]\n    dir = ../../guard\n'),
    "a cache in another repository's Git": config('[cache]\n    dir = ../../other/.git\n'),
    'local settings in Git': plant(
      '.dvc/config.local',
      `['remote "origin"']\n    url = s3://bucket/prefix\n    endpointurl = SERVER\n    region = us-east-1\n`,
    ),
    'an executable output in Git': plant(
      'hook.dvc',
      'outs:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  size: 4\n  hash: md5\n  path: .git/hooks/post-checkout\n  isexec: true\n',
    ),
    'an output elsewhere': plant(
      'far.dvc',
      'wdir: ../guard\nouts:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  hash: md5\n  path: file\n',
    ),
    'a stage with a command': plant('dvc.yaml', 'stages:\n  x:\n    cmd: CANARY\n    outs:\n    - made\n'),
    'a cache that is a link to a folder outside': link('.dvc/cache', '../../guard'),
    'notes that are a link to a folder outside': link('.dvc/tmp', '../../guard'),
  },
};

const VALUES = [
  '.git',
  '../guard',
  '../../guard',
  '/etc/passwd',
  '~',
  '.',
  '..',
  '""',
  'SERVER',
  's3://bucket/x',
  'SERVER/x',
  'minio://a/b',
  'CANARY',
  '|CANARY',
  '99999999999999999999',
  '-1',
  '1e309',
  '.nan',
  'null',
  '*a',
  '&a [*a]',
  '{<<: *a}',
  '"\\0"',
  '"a\\n::warning::b"',
  '[[[[[[[[',
  '"\\u202e"',
  '!!js/function "x"',
  'a/../../guard',
  'C:\\x',
  'file:///etc',
  '$(CANARY)',
  '`CANARY`',
  '-oProxyCommand=CANARY',
  '--upload-pack=CANARY',
  'ext::CANARY',
]; // prettier-ignore
const LINES = [
  'cache: ../guard',
  'endpoint: SERVER',
  '    endpoint: SERVER',
  '    endpointurl = SERVER',
  '    configpath = ../stolen',
  'wdir: ..',
  'cmd: CANARY',
  'default: evil',
  '<<<<<<< ours',
  '- path: .git/config',
  '\0',
  '[core]',
  'executable: true',
  'source: "s3://bucket/a"',
  '    profile: theirs',
  '    dir = ../../guard',
  '%YAML 1.1',
  '---',
  '...',
  '? a',
  '[filter "x"]',
  '* filter=x',
  '!*',
  `digest: ${DIGEST}`,
]; // prettier-ignore
const PER_FILE = 3;

/**
 * A random change of some tracked files: values, lines and bytes of a dictionary in place of theirs, or a link in place of the file.
 * @param files paths from the top of the repository
 * @returns what was done, for messages
 */
export function mutateFiles(
  { sandbox, server }: Target,
  files: readonly string[],
  random: () => number,
): string[] {
  const below = (end: number): number => Math.floor(random() * end);
  const one = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const filled = (text: string): string =>
    text.replaceAll('SERVER', server).replaceAll('CANARY', sandbox.canary);
  const edits: Record<string, (text: string) => string> = {
    value: (text) => text.replace(nth(text, /(?<=[:=] ).+$/gm, below), () => filled(one(VALUES))),
    line: (text) => {
      const lines = text.split('\n');
      lines.splice(below(lines.length + 1), below(2), filled(one(LINES)));
      return lines.join('\n');
    },
    swap: (text) => text.split('\n').reverse().join('\n'),
    byte: (text) =>
      text.slice(0, below(text.length)) +
      one(['\0', '\r', '\ufeff', '&', '*', '"', '\t']) +
      text.slice(below(text.length)),
    cut: (text) => text.slice(0, below(text.length)),
    repeat: (text) => text.repeat(2 + below(20)),
  };
  return files.flatMap((file) => {
    const path = sandbox.path('repo', file);
    if (!existsSync(path)) return [];
    if (below(12) === 0) {
      const target = one([
        '../guard',
        '../guard/file',
        '/etc/passwd',
        '.git/config',
        '../home/.aws/credentials',
      ]);
      link(file, `${'../'.repeat(file.split('/').length - 1)}${target}`)({ sandbox, kind: 'varve', server });
      return [`${file} is a link to ${target}`];
    }
    return Array.from({ length: 1 + below(PER_FILE) }, () => {
      const name = one(Object.keys(edits));
      writeFileSync(path, edits[name]!(readFileSync(path, 'utf8')));
      return `${name} of ${file}`;
    });
  });
}

/** A pattern for one of the places where `pattern` matches, by chance; one that matches nowhere where there is none. */
function nth(text: string, pattern: RegExp, below: (end: number) => number): string {
  const found = [...text.matchAll(pattern)];
  return found.length === 0 ? '\0none' : found[below(found.length)]![0];
}
