import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

/** A line of a log that tells a CI system something, whoever wrote it: white space before `::` does not count. */
const COMMAND = /^[^\S\n]*::|##(\[|vso\[|teamcity\[)/im;
const ACTING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
const EVIL = 'x\n::set-output name=a::forged\r::add-mask::b\u2028::error::c\u001b[2J\u202e##[stop-commands]z';
const EVIL_COLUMN = '::stop-commands::z';
/** As CSV and as YAML quote it. */
const quoted = (text: string) => JSON.stringify(text);

let box: Sandbox;

/** Of a page, the style and the script are varve's own, named in it by their digests. */
const OWN_CODE = /<(style|script)>[\s\S]*?<\/\1>/g;

function expectHarmless(words: readonly string[], said: { out: string; err: string }): void {
  const { err } = said;
  const out = words.includes('html') ? said.out.replace(OWN_CODE, '') : said.out;
  const isAnnotation = words.includes('github');
  const lines = isAnnotation
    ? out.split('\n').filter((line) => !/^::(error|warning|notice) file=[^:,]*,title=[^:,]*::/.test(line))
    : [out];
  for (const text of [...lines, err]) {
    expect(text, words.join(' ')).not.toMatch(COMMAND);
    expect(text, words.join(' ')).not.toMatch(ACTING);
    expect(text, words.join(' ')).not.toMatch(/^\W*(set-output|add-mask)/m);
  }
}

const withEach = (commands: readonly (readonly string[])[]) =>
  commands.flatMap((words) => [words, [...words, '--json']]);

describe('whatever stands in data, settings and Git', () => {
  beforeAll(() => {
    box = new Sandbox().repository();
    const rows = (from: number) =>
      Array.from(
        { length: 400 },
        (_, at) => `${from + (at % 50)},${at % 3 === 0 ? EVIL_COLUMN : '##[error]v'},${at}`,
      );
    const table = (from: number, header = `${EVIL_COLUMN},##[group]c,n`) =>
      `${header}\n${rows(from).join('\n')}\n`;
    box.write('repo/::notice::table.csv', table(0));
    box.write('repo/folder/##[error]a', 'one');
    box.write('repo/folder/::error::b', 'two');
    box.ok(['add', '::notice::table.csv', 'folder']);
    box.ok(['schema', 'infer', '::notice::table.csv']);
    box.ok(['remote', 'add', 'origin', box.path('remote')]);
    box.git(['add', '-A']);
    box.git(['-c', `user.name=${EVIL.replaceAll('\n', ' ')}`, 'commit', '-qm', `::error::subject`]);
    box.ok(['push']);
    box.write('repo/::notice::table.csv', table(5000, `${EVIL_COLUMN},##[group]c,::debug::m`));
    box.write('repo/folder/::error::b', 'changed');
    box.ok(['add', '::notice::table.csv']);
    box.git(['add', '-A']);
    box.git(['commit', '-qm', `##[error]second`]);
  });
  afterAll(() => box.remove());

  const table = './::notice::table.csv';
  const commands = [
    ['status'],
    ['diff'],
    ['diff', 'HEAD~1', 'HEAD'],
    ['log', table],
    ['profile', table],
    ...['markdown', 'html', 'prometheus', 'tfdv'].map((format) => ['profile', table, '--format', format]),
    ['schema', 'show', table],
    ['schema', 'show', table, '--format', 'tfdv'],
    ['schema', 'update', table, '--dry-run'],
    ...['text', 'markdown', 'junit', 'sarif', 'github', 'prometheus', 'tfdv'].map((format) => [
      'validate',
      table,
      '--format',
      format,
    ]),
    ...['text', 'markdown', 'junit', 'sarif', 'github', 'prometheus'].flatMap((format) => [
      ['drift', `${table}@HEAD~1`, table, '--format', format],
      ['check', '--base', 'HEAD~1', '--format', format],
    ]),
    ['drift', table, '--history'],
    ['verify'],
    ['verify', '--remote', 'origin'],
    ['gc', '--dry-run'],
    ['remote', 'list'],
    ['push'],
    ['checkout', '--force'],
    ['git', 'textconv', '::notice::table.csv.varve'],
  ];

  const printing = commands.flatMap((words) =>
    words.includes('--format') || words[0] === 'git' ? [words] : withEach([words]),
  );
  test.each(printing)(
    'no line of varve %s %s %s %s %s is forged',
    (...words) => {
      const told = words.filter((word) => typeof word === 'string');
      const result = box.varve(told);
      // 2 would say that the command did not come to what it prints.
      expect([0, 1], `${told.join(' ')}: ${result.err}`).toContain(result.code);
      expectHarmless(told, result);
    },
    60_000,
  );

  test.each([
    ['checkout', EVIL],
    ['add', EVIL],
    ['diff', EVIL],
    ['push', '--remote', EVIL],
    ['verify', '--remote', EVIL],
    ['log', EVIL],
    ['profile', EVIL],
    ['validate', table, '--schema', EVIL],
    ['drift', table, EVIL],
    ['check', '--base', EVIL],
    ['schema', 'show', EVIL],
    ['remote', 'add', EVIL, 'there'],
    ['remote', 'add', 'name', `s3://${EVIL}`],
    ['remote', 'add', 'name', `zz://${EVIL}`],
    ['remote', 'default', EVIL],
    ['-C', EVIL, 'status'],
    [`--${EVIL}`],
    [EVIL],
    ['completion', EVIL],
    ['profile', table, '--format', EVIL],
    ['profile', table, '--output', `${EVIL}/x`, '--format', 'html'],
    ['git', 'textconv', EVIL],
  ])(
    'nor of an error about it: varve %j %j %j',
    (...words) => {
      box.env.VARVE_DEBUG = '1';
      const told = words.filter((word) => typeof word === 'string');
      for (const line of [told, [...told, '--json']]) {
        const result = box.varve(line);
        expect(result.code).toBe(2);
        expectHarmless(line, result);
      }
      delete box.env.VARVE_DEBUG;
    },
    60_000,
  );

  test('nor by what the settings say', () => {
    const kept = box.run('cat', ['.varve/config.yaml']).out;
    const settings = [
      `remotes: {origin: {url: ${quoted(EVIL)}}}`,
      `remotes: {origin: {url: ${quoted(`s3://bucket/${EVIL}`)}}}`,
      `remotes: {origin: {url: ${quoted(`${EVIL}://b`)}, endpoint: ${quoted(EVIL)}, region: ${quoted(EVIL)}}}`,
      `remotes: {${quoted(EVIL)}: {url: there}}`,
      `remotes: {a: {url: there}, ${quoted(EVIL)}: {url: there}}`,
      `default: ${quoted(EVIL)}\nremotes: {origin: {url: there}}`,
      `version: ${quoted(EVIL)}`,
      `${quoted(EVIL)}: [`,
      `checkout: ${quoted(EVIL)}`,
      EVIL,
    ];
    for (const text of settings) {
      writeFileSync(box.path('repo/.varve/config.yaml'), `${text}\n`);
      for (const words of withEach([
        ['remote', 'list'],
        ['push'],
        ['verify', '--remote', 'origin'],
        ['status'],
      ]))
        expectHarmless(words, box.varve(words));
    }
    writeFileSync(box.path('repo/.varve/config.yaml'), kept);
  }, 120_000);

  test('nor by a pointer, which Git shows as it is', () => {
    writeFileSync(box.path('repo/no-pointer.varve'), `${EVIL}\n::error::x\n`);
    expectHarmless(['git', 'textconv'], box.varve(['git', 'textconv', 'no-pointer.varve']));
    for (const words of withEach([['status'], ['pull']])) expectHarmless(words, box.varve(words));
  });
});

describe('credentials that somebody wrote into a URL', () => {
  const SECRET = 'wJalrXUt/nFEMI@K7MDENG';
  const urls = [
    `s3://AKIAIOSFODNN7EXAMPLE:${SECRET}@bucket/prefix`,
    `s3://bucket/prefix?X-Amz-Signature=${SECRET}`,
    `s3://bucket/prefix?token=${SECRET}#${SECRET}`,
    `minio://user:${SECRET}@alias/bucket`,
    `https://user:${SECRET}@host/path`,
    `https://account.blob.core.windows.net/c?sv=2020&sig=${SECRET}`,
    `file:///there?token=${SECRET}`,
    `zz://user:${SECRET}@host`,
  ];

  test.each(urls.map((url, index) => ({ url, index })))(
    'are never shown: $url',
    ({ url, index }) => {
      const here = new Sandbox().repository();
      here.env.VARVE_DEBUG = '1';
      here.write('repo/a.txt', 'a');
      here.ok(['add', 'a.txt']);
      here.commit('a');
      const said: string[] = [];
      // Of each command, half of the URLs meet the text and half the document.
      let asked = index;
      const ask = (words: readonly string[], folder = 'repo') => {
        const { out, err } = here.varve(asked++ % 2 === 0 ? words : [...words, '--json'], folder);
        said.push(out, err);
      };
      ask(['remote', 'add', 'typed', url]);
      ask(['remote', 'add', 'typed', 's3://bucket', '--endpoint', url]);
      ask(['remote', 'source', url]);
      ask(['add', url, '--to', 'b']);
      ask(['profile', url]);
      for (const settings of [
        `remotes: {origin: {url: ${quoted(url)}}}`,
        `remotes: {origin: {url: "s3://bucket", endpoint: ${quoted(url)}}}`,
      ]) {
        writeFileSync(here.path('repo/.varve/config.yaml'), `version: 1\ndefault: origin\n${settings}\n`);
        for (const words of [
          ['remote', 'list'],
          ['push'],
          ['fetch'],
          ['verify', '--remote', 'origin'],
          ['gc', '--remote', 'origin'],
        ])
          ask(words);
      }
      mkdirSync(here.path('dvc/.dvc'), { recursive: true });
      here.git(['init', '-q'], 'dvc');
      here.write('dvc/.dvc/config', `[core]\n    remote = origin\n['remote "origin"']\n    url = ${url}\n`);
      for (const words of [['remote', 'list'], ['push'], ['fetch'], ['verify', '--remote', 'origin']])
        ask(words, 'dvc');
      const text = said.join('\n');
      for (const part of [SECRET, ...SECRET.split(/[@/]/)]) expect(text).not.toContain(part);
      here.remove();
    },
    120_000,
  );
});
