import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readBlockYaml } from '../../../src/dvc/format/block-yaml.ts';
import { loadConfig } from '../../../src/dvc/format/config.ts';
import { encodeDirectory, readDirectory } from '../../../src/dvc/format/directory-manifest.ts';
import { DvcIgnore } from '../../../src/dvc/format/dvcignore.ts';
import { readDvcFile, readLock } from '../../../src/dvc/format/output.ts';
import {
  newPointer,
  updatePointer,
  withoutProfile,
  withProfile,
} from '../../../src/dvc/format/pointer-edit.ts';
import { parseDvcYaml } from '../../../src/dvc/format/yaml-file.ts';
import { openDvcRepository } from '../../../src/dvc/tree/repository.ts';
import { readDvcStatCache, writeDvcStatCache } from '../../../src/dvc/tree/stat-cache.ts';
import { type FuzzTarget, law } from '../target.ts';
import { PATTERNS } from './workspace.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'varve-fuzz-dvc-')));
for (const folder of ['.git', '.dvc']) mkdirSync(join(root, folder));
process.env.DVC_GLOBAL_CONFIG_DIR = root;
process.env.DVC_SYSTEM_CONFIG_DIR = root;

const md5 = 'd3b07384d113edec49eaa6238ad5ff00';
const id = { hash: 'md5', value: md5 } as const;
const YAML = [
  'outs:\n',
  '- md5: ',
  `${md5}\n`,
  `${md5}.dir\n`,
  '  size: 4\n',
  '  nfiles: 2\n',
  '  hash: md5\n',
  '  path: a\n',
  '  isexec: true\n',
  'wdir: ..\n',
  'deps:\n',
  'cmd: x\n',
  'meta:\n',
  '    varve:\n',
  'cache: false\n',
  'push: false\n',
  'remote: x\n',
  'frozen: true\n',
  "schema: '2.0'\n",
  'stages:\n',
  '  x:\n',
  'foreach:\n',
  'do:\n',
  '&a',
  '*a',
  '<<: *a',
  '? ',
  '- ',
  '|\n',
  '---\n',
  '!!map',
  '{',
  '[',
  "''",
]; // prettier-ignore

/** Of DVC's files. */
export const dvcTargets: Record<string, FuzzTarget> = {
  'dvc-file': {
    words: YAML,
    read(input) {
      for (const { path } of readDvcFile(input.toString(), 'sub/a.dvc')) {
        law(!path.startsWith('/') && !path.split('/').includes('..'), 'an output lies in the repository');
      }
    },
  },
  // The lock, and behind a line of its own the dvc.yaml beside it.
  'dvc-lock': {
    words: [...YAML, '\n#####\n'],
    read(input) {
      const [lock = '', yaml] = input.toString().split('\n#####\n');
      for (const { path } of readLock(lock, 'sub/dvc.lock', yaml)) {
        law(!path.startsWith('/') && !path.split('/').includes('..'), 'an output lies in the repository');
      }
    },
  },
  'dvc-edit': {
    words: YAML,
    read(input) {
      const text = input.toString();
      const edited = updatePointer(text, 'a.dvc', { id, size: 7, executable: false });
      law(readDvcFile(edited, 'a.dvc')[0]?.size === 7, 'what is set is read back');
      const profiled = withProfile(text, 'a.dvc', id, { digest: `sha256:${'1'.repeat(64)}`, rows: 3 });
      law(
        isDeepStrictEqual(plain(withoutProfile(profiled, 'a.dvc')), plain(withoutProfile(text, 'a.dvc'))),
        'a profile is taken away again',
      );
    },
  },
  'dvc-name': {
    words: [
      '~',
      'null',
      'true',
      '0x1',
      '1e5',
      '2020-01-01',
      '- ',
      ': ',
      ' #',
      "'",
      '"',
      '\\',
      '\u0085',
      '\ufeff',
      '\u{1f600}',
      ' ',
    ],
    maxBytes: 255,
    read(input) {
      const name = input.toString().replaceAll(/[/\0]/g, '');
      if (
        name === '' ||
        name === '.' ||
        name === '..' ||
        /[\ud800-\udfff\ufffe\uffff]/.test(name.replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, ''))
      )
        return;
      const [output] = readDvcFile(newPointer(name, { id, size: 1, executable: false }), 'x.dvc');
      law(output?.path === name, 'a name is read back');
    },
  },
  'block-yaml': {
    words: YAML,
    read(input) {
      const text = input.toString();
      const value = readBlockYaml(text);
      if (value !== undefined)
        law(isDeepStrictEqual(value, plain(text)), 'the short reader agrees with the whole one');
    },
  },
  'dvc-directory': {
    words: [
      '{"md5": "',
      `${md5}"`,
      '"relpath": "a"',
      '"relpath": "a/b"',
      '"relpath": ".git/x"',
      '\\ud800',
      ', ',
      '[',
      '"isexec": true',
    ],
    read(input) {
      const entries = readDirectory(input, 'md5', 'fuzz');
      const again = readDirectory(encodeDirectory(entries), 'md5', 'fuzz');
      law(isDeepStrictEqual(again, entries), 'what is written is read back');
    },
  },
  'dvc-config': {
    words: [
      '[core]\n',
      'remote = x\n',
      '[\'remote "x"\']\n',
      'url = ../a\n',
      'url = s3://b/c\n',
      'configpath = x\n',
      'endpointurl = http://localhost\n',
      '[cache]\n',
      'dir = ../c\n',
      'type = "reflink,copy"\n',
      "'''",
      '"""',
      '#',
      ',',
      '%(x)s',
      'version_aware = true\n',
      '[[x]]\n',
    ], // prettier-ignore
    read(input) {
      writeFileSync(join(root, '.dvc', 'config'), input);
      loadConfig(root);
    },
  },
  dvcignore: {
    words: PATTERNS,
    maxBytes: 1024,
    read(input) {
      writeFileSync(join(root, '.dvcignore'), input);
      const ignore = new DvcIgnore(root);
      for (const path of ['a', 'a/', 'a/b', `${'a'.repeat(40)}`, 'a/a/a/a/a/a/a/a/a', '.dvc/'])
        ignore.ignoresWithin(path);
    },
  },
  'dvc-stat-cache': {
    words: [
      '"version":2',
      '"paths":["a"]',
      '"md5":"',
      '"size":[1]',
      '"mtimeMs":[1]',
      '"ctimeMs":[1]',
      '"inode":[1]',
      '"list":null',
    ],
    read(input) {
      const file = statFile();
      writeFileSync(file, input);
      const cache = readDvcStatCache(repository(), 'a', 'md5');
      cache.md5({ path: 'a', facts: { size: 1, mtimeMs: 1, ctimeMs: 1, inode: 1 } }, 0);
    },
  },
};

function plain(text: string): unknown {
  return parseDvcYaml(text, 'fuzz').toJS({ maxAliasCount: 100 });
}

let opened: ReturnType<typeof openDvcRepository> | undefined;
function repository() {
  rmSync(join(root, '.dvc', 'config'), { force: true });
  opened ??= openDvcRepository(root);
  return opened;
}

let notes: string | undefined;
/** The one file that writing notes makes. */
function statFile(): string {
  if (notes === undefined) {
    writeDvcStatCache(repository(), 'a', 'md5', { files: [], list: undefined }, 0);
    const folder = join(root, '.dvc', 'tmp', 'varve', 'stat');
    notes = join(folder, readdirSync(folder)[0]!);
  }
  return notes;
}
