import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { digestOf } from '../../../src/store/format/digest.ts';
import { readConfig, setRemote } from '../../../src/workspace/config.ts';
import { withIgnored } from '../../../src/workspace/git/gitignore.ts';
import { indexChecksum, pointersWithoutGit } from '../../../src/workspace/git/tracked-pointers.ts';
import { formatPointer, parsePointer, parseUnnamed } from '../../../src/workspace/pointer.ts';
import { repositoryAt } from '../../../src/workspace/repository.ts';
import { readRecordOf } from '../../../src/workspace/tree/read-record.ts';
import { readStatCache, writeStatCache } from '../../../src/workspace/tree/stat-cache.ts';
import { ignoreRules } from '../../../src/workspace/tree/varveignore.ts';
import { type FuzzTarget, law } from '../target.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'varve-fuzz-')));
const repository = repositoryAt(root);
for (const folder of ['.git', '.varve/stat', '.varve/read'])
  mkdirSync(join(root, folder), { recursive: true });
writeFileSync(join(root, '.git', 'index'), Buffer.alloc(100, 7));

const snapshot = digestOf(Buffer.from('fuzz'));
export const PATTERNS = [
  '*',
  '**',
  '**/',
  '/',
  '!',
  '?',
  '[a-z]',
  '[!a]',
  '[[:alpha:]]',
  '\\',
  '\\*',
  '*a*a*a',
  '#',
  '{a,b}',
  '.',
];
const PATHS = [
  'a',
  'a/',
  'a/b',
  'a.csv',
  'data/a.csv',
  'data/',
  `${'a'.repeat(40)}`,
  'a/a/a/a/a/a/a/a/a/a/a/a',
  '.git',
  '\u00e9',
];

/** Of the files of a working tree. */
export const workspaceTargets: Record<string, FuzzTarget> = {
  pointer: {
    words: [
      'varve: 1\n',
      'path: "a"\n',
      'path: ".git"\n',
      'kind: file\n',
      'kind: directory\n',
      `digest: ${snapshot}\n`,
      'bytes: 1\n',
      'files: 1\n',
      'executable: true\n',
      'rows: 5\n',
      `profile: ${snapshot}\n`,
      'source: "s3://bucket/a"\n',
      'source: "minio://a/b"\n',
      'varve: 2\n',
      'imported-from: "https://example.org/team/data.git"\n',
      'imported-from: "../data"\n',
      'imported-from: "ext::sh"\n',
      'imported-path: data/a\n',
      'imported-path: "../a"\n',
      'imported-revision: main\n',
      `imported-commit: "${'0'.repeat(40)}"\n`,
    ], // prettier-ignore
    read(input) {
      const text = input.toString();
      const pointer = parseUnnamed(text, 'a.varve');
      const written = formatPointer(pointer);
      law(isDeepStrictEqual(parseUnnamed(written, 'a.varve'), pointer), 'what is written is read back');
      const name = parsePointer(text, `${pointer.path}.varve`).path;
      law(!/[/\\\0]/.test(name) && !['', '.', '..'].includes(name), 'a pointer names data beside it');
    },
  },
  config: {
    words: [
      'version: 1\n',
      'default: origin\n',
      'remotes:\n',
      '  origin:\n',
      '    url: ../remote\n',
      '    url: s3://bucket/a\n',
      '    endpoint: http://localhost:1\n',
      '    region: x\n',
      '    profile: x\n',
      'cache: ../cache\n',
      'checkout: link\n',
      'sources:\n',
      '&a',
      '*a',
      '<<: *a',
      '!!js/function',
      '!!binary',
      '? ',
      '- ',
      '|\n',
      '>\n',
      '%YAML 1.1\n',
      '---\n',
      '{',
      '[',
    ], // prettier-ignore
    read(input) {
      writeFileSync(join(repository.stateFolder, 'config.yaml'), input);
      readConfig(repository);
      setRemote(repository, 'config.yaml', 'fuzz', { url: '../elsewhere' });
      law(
        readConfig(repository).remotes.get('fuzz')?.url === '../elsewhere',
        'a remote that is set is there',
      );
    },
  },
  varveignore: {
    words: PATTERNS,
    maxBytes: 1024,
    read(input) {
      writeFileSync(join(root, '.varveignore'), input);
      const rules = ignoreRules(root, '.');
      for (const path of PATHS) rules.ignores(path);
    },
  },
  gitignore: {
    words: [...PATTERNS, '/data\n', '!/data\n', '\r\n'],
    read(input) {
      const text = input.toString();
      for (const name of ['data', 'a b ', '#x', '[a]', '*']) {
        const ignored = withIgnored(text, name);
        law(ignored.startsWith(text), 'what stood there stays');
        law(withIgnored(ignored, name) === ignored, 'a second time changes nothing');
      }
    },
  },
  // Under a checksum that is right, as a hostile neighbour in a shared folder can make it; read as a dataset's notes.
  'stat-cache': {
    words: ['"count":', '"only":[', '"snapshot":', `"${snapshot}"`],
    read(input) {
      writeStatCache(repository, 'fuzz', { digest: snapshot }, [], 0);
      writeFileSync(join(repository.stateFolder, 'stat', 'fuzz'), withChecksum(input));
      const cache = readStatCache(repository, 'fuzz');
      const file = { path: 'a', size: 1, modifiedMs: 1, changedMs: 1, inode: 1, executable: false };
      cache?.paths.slice(0, 100).forEach((_, index) => {
        cache.matches(index, file);
        law(cache.digest(index)?.length !== 7, 'a digest has bytes');
      });
    },
  },
  'read-record': {
    words: ['"version":1', '"copy":', '"complete":true', `"${snapshot}"`],
    read(input) {
      writeFileSync(join(repository.stateFolder, 'read', `${snapshot.slice(7)}.json`), input);
      readRecordOf(repository, snapshot);
    },
  },
  'tracked-pointers': {
    words: ['"version":1', '"index":', '"pointers":["a.varve"]', `"${indexChecksum(root)}"`],
    read(input) {
      writeFileSync(join(repository.stateFolder, 'tracked.json'), input);
      pointersWithoutGit(root);
    },
  },
};

/** The checksum of stat-cache.ts, over what stands behind the first sixteen bytes. */
function withChecksum(input: Buffer): Buffer {
  const bytes = Buffer.alloc(Math.max(16, input.length));
  input.copy(bytes);
  bytes.write('VARVSTA1');
  let sum = 0x811c9dc5 ^ (bytes.length - 16);
  let at = 16;
  for (; at + 4 <= bytes.length; at += 4) sum = Math.imul(sum ^ bytes.readInt32LE(at), 0x01000193);
  for (; at < bytes.length; at++) sum = Math.imul(sum ^ bytes[at]!, 0x01000193);
  bytes.writeUInt32LE(sum >>> 0, 12);
  return bytes;
}
