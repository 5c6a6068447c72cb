import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problemOfDataPath } from '../../src/base/files/data-path.ts';
import { parseConfigFile } from '../../src/dvc/format/config-file.ts';
import { directoryId, encodeDirectory, readDirectory } from '../../src/dvc/format/directory-manifest.ts';
import { Md5 } from '../../src/dvc/format/md5.ts';
import { objectKey } from '../../src/dvc/format/object-id.ts';
import { readDvcFile, readLock } from '../../src/dvc/format/output.ts';
import { newPointer, updatePointer, withoutProfile, withProfile } from '../../src/dvc/format/pointer-edit.ts';
import { yamlScalar } from '../../src/dvc/format/yaml-scalar.ts';
import { VarveError } from '../../src/errors.ts';

const A = 'a'.repeat(32);
const B = `${'0'.repeat(31)}1`;
const id = { hash: 'md5', value: A } as const;
const profile = { digest: `sha256:${'c'.repeat(64)}`, rows: 3 } as const;

/** Whatever comes in, the parser returns or throws a VarveError: nothing else, and in time. */
function survives(parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(VarveError);
  }
}

describe('pointers', () => {
  test('new ones are what dvc add writes', () => {
    expect(newPointer('table.csv', { id, size: 5, executable: false })).toBe(
      `outs:\n- md5: ${A}\n  size: 5\n  hash: md5\n  path: table.csv\n`,
    );
    expect(
      newPointer('1e5', { id: { hash: 'md5', value: `${B}.dir` }, size: 0, files: 2, executable: false }),
    ).toBe(`outs:\n- md5: ${B}.dir\n  size: 0\n  nfiles: 2\n  hash: md5\n  path: '1e5'\n`);
    expect(newPointer('run', { id: { hash: 'md5', value: B }, size: 1, executable: true })).toBe(
      `outs:\n- md5: '${B}'\n  size: 1\n  isexec: true\n  hash: md5\n  path: run\n`,
    );
  });

  const edited = [
    '# ours',
    'outs:',
    `- path: "a b"   # spaces`,
    `  md5: ${B}.dir`,
    '  desc: |',
    '    two',
    '    lines',
    '  size: 1',
    '  nfiles: 3',
    '  labels: [x, y]',
    '  meta:',
    '    owner: {name: me}',
    '  later: kept',
    'meta: {own: 1}',
    '',
  ].join('\n');

  test('updates change what is recorded and not one byte more', () => {
    const text = updatePointer(edited, 'a b.dvc', { id, size: 7, executable: false });
    expect(text).toBe(
      edited
        .replace(`${B}.dir`, A)
        .replace('size: 1', 'size: 7')
        .replace('  nfiles: 3\n', '')
        .replace('  later: kept\n', '  later: kept\n  hash: md5\n'),
    );
    expect(readDvcFile(text, 'data/a b.dvc')).toMatchObject([{ path: 'data/a b', id, size: 7 }]);
  });

  test('a profile goes into meta and comes out again without a trace', () => {
    for (const text of [edited, newPointer('x', { id, size: 1, executable: false })]) {
      const own = readDvcFile(text, 'x.dvc')[0]!.id!;
      const with_ = withProfile(text, 'x.dvc', own, profile);
      expect(readDvcFile(with_, 'x.dvc')[0]!.profile).toEqual(profile);
      expect(withProfile(with_, 'x.dvc', own, profile)).toBe(with_);
      expect(withoutProfile(with_, 'x.dvc')).toBe(text);
      // DVC keeps meta when the data changes: the profile is then of other data, and is not believed.
      const changed = updatePointer(with_, 'x.dvc', {
        id: { hash: 'md5', value: 'd'.repeat(32) },
        size: 1,
        executable: false,
      });
      expect(readDvcFile(changed, 'x.dvc')[0]!.profile).toBeUndefined();
    }
  });

  test('the older layout has no hash and lies elsewhere in the cache', () => {
    const [output] = readDvcFile(`outs:\n- md5: ${A}\n  path: x\n`, 'x.dvc');
    expect(output!.id!.hash).toBe('md5-dos2unix');
    expect(objectKey(output!.id!)).toBe(`aa/${'a'.repeat(30)}`);
    expect(objectKey(id)).toBe(`files/md5/aa/${'a'.repeat(30)}`);
  });

  test('what leads out of the repository, or is not supported, is refused', () => {
    for (const path of ['../x', '/x', 's3://b/x', '..', 'a/../../x', 'a\\..\\x']) {
      expect(() => readDvcFile(`outs:\n- md5: ${A}\n  path: '${path}'\n`, 'x.dvc')).toThrow(
        expect.objectContaining({ code: 'dvc-unsupported' }),
      );
    }
    expect(() => readDvcFile(`outs:\n- md5: ${A}\n  path: x\n  files: []\n`, 'x.dvc')).toThrow(
      /cloud versioning/,
    );
    expect(() => readDvcFile(`outs:\n- md5: ../../x\n  path: x\n`, 'x.dvc')).toThrow(
      expect.objectContaining({ code: 'pointer-damaged' }),
    );
  });

  test('any file name reads back as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }), (name) => {
        fc.pre(
          !/[/\ufffe\uffff]/.test(name) &&
            problemOfDataPath(name) === undefined &&
            !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(name),
        );
        const text = newPointer(name, { id, size: 1, executable: false });
        expect(readDvcFile(text, 'x.dvc')[0]!.path).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  test('nothing makes the parsers fall over', () => {
    const piece = fc.constantFrom(
      'outs:',
      '\n',
      '- ',
      '  ',
      'md5: ',
      A,
      `${A}.dir`,
      'path: x',
      'stages:',
      'schema: "2.0"',
      '&a ',
      '*a',
      '[',
      ']',
      '{',
      '}',
      '!!x ',
      '|',
      '"',
      "'",
      ':',
      '#',
      'cmd: c',
      'meta:',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        survives((given) => readDvcFile(given, 'x.dvc'), input);
        survives((given) => readLock(given, 'dvc.lock', given), input);
        survives((given) => updatePointer(given, 'x.dvc', { id, size: 1, executable: true }), input);
        survives((given) => parseConfigFile(given, 'config'), input);
        survives((given) => readDirectory(Buffer.from(given), 'md5', 'x.dir'), input);
      }),
      { numRuns: 3000 },
    );
  });

  test('aliases cannot blow a file up', () => {
    const bomb = `a: &a [${'x,'.repeat(99)}x]\nb: &b [${'*a,'.repeat(99)}*a]\nouts: [${'*b,'.repeat(99)}*b]\n`;
    expect(() => readDvcFile(bomb, 'x.dvc')).toThrow(expect.objectContaining({ code: 'pointer-damaged' }));
  });
});

test('dvc.lock takes its flags from dvc.yaml, templates included', () => {
  const lock = `schema: '2.0'\nstages:\n  one:\n    cmd: c\n    outs:\n    - path: a\n      hash: md5\n      md5: ${A}\n    - path: m.json\n      hash: md5\n      md5: ${A}\n  each@x:\n    cmd: c\n    outs:\n    - path: out/x.bin\n      hash: md5\n      md5: ${A}\n`;
  const yaml =
    'stages:\n  one:\n    cmd: c\n    outs: [a]\n    metrics:\n    - m.json: {cache: false}\n  each:\n    foreach: [x]\n    do:\n      cmd: c\n      wdir: sub\n      outs:\n      - out/$' +
    '{item}.bin: {push: false, remote: Other}\n';
  expect(readLock(lock, 'dvc.lock', yaml)).toMatchObject([
    { path: 'a', cached: true, pushed: true, stage: 'one' },
    { path: 'm.json', cached: false },
    { path: 'sub/out/x.bin', pushed: false, remote: 'other' },
  ]);
});

describe('lists of directories', () => {
  test('are what Python prints', () => {
    const entries = ['\ud83d\ude00', '\uffee', '\u00e9/"q"\u007f\n', 'b'].map((path) => ({ path, id }));
    const bytes = encodeDirectory(entries);
    const item = (path: string) => `{"md5": "${A}", "relpath": "${path}"}`;
    expect(bytes.toString('latin1')).toBe(
      `[${[item('b'), item('\\u00e9/\\"q\\"\x7f\\n'), item('\\uffee'), item('\\ud83d\\ude00')].join(', ')}]`,
    );
    expect(directoryId(bytes, 'md5').value).toBe(`${createHash('md5').update(bytes).digest('hex')}.dir`);
  });

  test('read back as they were written', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !/[/\\\0]|^[. ]+$|^\.git$/i.test(text));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30 }), (paths) => {
        const entries = readDirectory(encodeDirectory(paths.map((path) => ({ path, id }))), 'md5', 'x.dir');
        expect(new Set(entries.map(({ path }) => path))).toEqual(new Set(paths));
        expect(encodeDirectory(entries)).toEqual(encodeDirectory(entries.toReversed()));
      }),
    );
  });

  test('lead nowhere but into their directory', () => {
    for (const paths of [
      ['../x'],
      ['/x'],
      ['a/../b'],
      ['a//b'],
      ['a/'],
      ['.'],
      ['a\\b'],
      ['a', 'a'],
      ['a', 'a/b'],
      ['.git/hooks/x'],
      [''],
    ]) {
      const text = JSON.stringify(paths.map((relpath) => ({ md5: A, relpath })));
      expect(() => readDirectory(Buffer.from(text), 'md5', 'x.dir')).toThrow(
        expect.objectContaining({ code: 'manifest-damaged' }),
      );
    }
  });
});

test('configuration follows the rules of ConfigObj', () => {
  const text = `a = b\n[core]\n    remote = local # default\n['remote "My one"']\nURL = "s3://b/#p"\n[cache]\ntype = "reflink,copy"\ntypes = hardlink, 'a, b',\nempty =\nlong = '''two\nlines''' # c\n`;
  const sections = parseConfigFile(text, 'config');
  expect(sections.get('core')!.get('remote')).toBe('local');
  expect(sections.get('remote "my one"')!.get('url')).toBe('s3://b/#p');
  expect(Object.fromEntries(sections.get('cache')!)).toEqual({
    type: 'reflink,copy',
    types: ['hardlink', 'a, b'],
    empty: '',
    long: 'two\nlines',
  });
  for (const bad of [
    'x',
    '[a]\nb: c',
    '[a]\nb=1\nb=2',
    '[a]\n[a]',
    '[[a]]',
    '[a]\nb = a,,c',
    '[a]\nb = "x" y',
    '[a]\nb = %(c)s',
    '[a]\nb = """x',
  ]) {
    expect(() => parseConfigFile(bad, 'config'), bad).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
  }
});

test('MD5 as DVC 2 took it reads CRLF as LF in text, block by block', () => {
  const plain = (text: string | Uint8Array) => createHash('md5').update(text).digest('hex');
  expect(new Md5('md5-dos2unix').update(Buffer.from('a\r\nb\r')).hex()).toBe(plain('a\nb\r'));
  expect(new Md5('md5').update(Buffer.from('a\r\nb')).hex()).toBe(plain('a\r\nb'));
  const binary = Buffer.from([0, 13, 10]);
  expect(new Md5('md5-dos2unix').update(binary).hex()).toBe(plain(binary));
});

test('YAML scalars are quoted where DVC quotes them', () => {
  const cases: [string, string][] = [
    ['yes', ' yes'],
    ['true', " 'true'"],
    ['0123', " '0123'"],
    ['12e34', " '12e34'"],
    ['2020-01-01', " '2020-01-01'"],
    ['a: b', " 'a: b'"],
    ['a #b', " 'a #b'"],
    ['-a', ' -a'],
    ['- a', " '- a'"],
    ["it's", " it's"],
    ["'q", ` "'q"`],
    ['tab\tx', ' "tab\\tx"'],
    ['\u00e9\ud83d\ude00', ' \u00e9\ud83d\ude00'],
    ['', " ''"],
    ['1_', " '1_'"],
    ['_1', ' _1'],
    ['.5', " '.5'"],
    ['...a', " '...a'"],
    ['12:30', ' 12:30'],
    ['\ufeffa', ' "\\uFEFFa"'],
  ];
  for (const [text, written] of cases) expect(yamlScalar(text, 8), text).toBe(written);
});
