import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { type Block, codeBlocks, commandsOf } from './blocks.ts';
import { markdownFiles, root } from './pages.ts';

/** What a reader follows: code blocks of the other Markdown files are no instructions to them. */
const pages = markdownFiles().filter((name) => name === 'README.md' || name.startsWith('docs/'));
const work = mkdtempSync(join(tmpdir(), 'varve-docs-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** What a reader has: `varve` on PATH, the checkout in VARVE_HOME, a Git identity. */
function readersEnvironment(): NodeJS.ProcessEnv {
  const bin = mkdtempSync(join(work, 'bin-'));
  // A script and not a link: bash on Windows runs it too.
  const varve = [process.execPath, join(root, 'bin', 'varve.js')].map((word) =>
    quoted(word.replaceAll('\\', '/')),
  );
  writeFileSync(join(bin, 'varve'), `#!/bin/sh\nexec ${varve.join(' ')} "$@"\n`, { mode: 0o755 });
  return {
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    HOME: mkdtempSync(join(work, 'home-')),
    VARVE_HOME: root,
    NO_COLOR: '1',
    GIT_AUTHOR_NAME: 'Reader',
    GIT_AUTHOR_EMAIL: 'reader@example.org',
    GIT_COMMITTER_NAME: 'Reader',
    GIT_COMMITTER_EMAIL: 'reader@example.org',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}

/** All shell blocks of a page run in one shell, in order, from an empty folder, as a reader would paste them. */
function shellScript(blocks: readonly Block[]): string {
  const lines = blocks.flatMap((block) =>
    commandsOf(block).map(({ text, exit }) =>
      [
        text,
        `code=$?; [ $code -eq ${exit} ] || { echo "line ${block.line}: exit $code, not ${exit}: "${quoted(text)} >&2; exit 99; }`,
      ].join('\n'),
    ),
  );
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Marked `not-run`: the two commands of the README that install, which .ci/run itself calls, and programs that are run elsewhere
 * (tests/library/examples.test.ts).
 */
const isRun = (block: Block) => !block.marks.includes('not-run');

describe.each(pages)('%s', (page) => {
  const blocks = codeBlocks(join(root, page));

  it('names a language that is checked for every code block', () => {
    const known = ['sh', 'yaml', 'json', 'ts', 'text', 'sql', 'mermaid', 'python'];
    expect(blocks.filter(({ language }) => !known.includes(language)).map(({ line }) => line)).toEqual([]);
  });

  const shell = blocks.filter((block) => block.language === 'sh' && isRun(block));
  if (shell.length > 0)
    it('has shell commands that do what it says', { timeout: 300_000 }, () => {
      const folder = mkdtempSync(join(work, 'page-'));
      const result = spawnSync('bash', ['-c', shellScript(shell)], {
        cwd: folder,
        env: readersEnvironment(),
        encoding: 'utf8',
      });
      expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
    });

  const scripts = blocks.filter((block) => block.language === 'ts' && isRun(block));
  if (scripts.length > 0)
    it('has programs that run', () => {
      const folder = mkdtempSync(join(work, 'program-'));
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(root, join(folder, 'node_modules', 'varve'), 'junction');
      for (const [index, block] of scripts.entries()) {
        const file = join(folder, `program-${index}.mjs`);
        writeFileSync(file, block.code);
        const result = spawnSync(process.execPath, [file], {
          cwd: folder,
          env: readersEnvironment(),
          encoding: 'utf8',
        });
        expect(result.status, `line ${block.line}\n${result.stdout}\n${result.stderr}`).toBe(0);
      }
    });

  it('has YAML and JSON that parse', () => {
    for (const block of blocks) {
      if (block.language === 'json') expect(() => JSON.parse(block.code), `line ${block.line}`).not.toThrow();
      if (block.language === 'yaml')
        expect(parseDocument(block.code).errors, `line ${block.line}`).toEqual([]);
    }
  });
});

it('is called by continuous integration with the test command that the README gives', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme).toMatch(/^npm ci && npm test$/m);
  expect(readme).toMatch(/^npm ci && npm run demo$/m);
});
