import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownFiles, root } from './pages.ts';

/** The page without its code: what stands in a fence or between backticks is no link and no heading. */
function prose(page: string): string {
  return readFileSync(join(root, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()#]/g, ' '));
}

const KNOWN_ANCHORS = new Map<string, Set<string>>();

/** The anchors of a page as forges make them of headings: https://github.com/Flet/github-slugger has the rule. */
function anchors(page: string): Set<string> {
  const known = KNOWN_ANCHORS.get(page);
  if (known !== undefined) return known;
  const found = new Set<string>();
  KNOWN_ANCHORS.set(page, found);
  for (const [, heading] of prose(page).matchAll(/^#{1,6} (.*)$/gm)) {
    const text = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; found.has(anchor); again++) anchor = `${slug}-${again}`;
    found.add(anchor);
  }
  return found;
}

/** Targets of inline links, of reference definitions and of pictures, but for those of the web. */
function links(page: string): string[] {
  const text = prose(page);
  const inline = [...text.matchAll(/\]\(\s*<?([^)>\s]+)>?[^)]*\)/g)];
  const defined = [...text.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  const pictures = [...text.matchAll(/\ssrc(?:set)?="([^"\s]+)"/g)];
  return [...inline, ...defined, ...pictures]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

function fault(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, page) : join(root, dirname(page), decodeURIComponent(path));
  if (relative(root, target).startsWith('..')) return `${link}: leads out of the repository`;
  if (!existsSync(target)) return `${link}: no such file`;
  if (anchor === undefined) return undefined;
  if (statSync(target).isDirectory() || !target.endsWith('.md'))
    return `${link}: an anchor in what is no page`;
  return anchors(relative(root, target)).has(anchor) ? undefined : `${link}: no such heading`;
}

/** Paths of this repository that a page names in words or code; `…`, `*` and `<name>` stand for others. */
function namedPaths(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const named = text.matchAll(
    /(?<![\w/.$}])(?:src|tests|scripts|docs|examples|schemas)\/[\w./-]+\.(?:ts|mjs|md|json|py)\b/g,
  );
  return [...new Set([...named].map(([path]) => path))];
}

describe.each(markdownFiles())('%s', (page) => {
  it('links to files and headings that exist', () => {
    expect(links(page).flatMap((link) => fault(page, link) ?? [])).toEqual([]);
  });

  it('names files of this repository that exist', () => {
    expect(namedPaths(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

it('leads from the README to every page of docs/', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    const targets = links(page).map((link) => link.split('#')[0]!);
    for (const target of targets.filter((path) => path.endsWith('.md')))
      reached.add(join(dirname(page), target));
  }
  expect(markdownFiles().filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([]);
});

it('packs what the README and the pages of the package lead to', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const isPacked = (path: string) => files.some((one) => path === one || path.startsWith(`${one}/`));
  const reached = ['README.md', 'CHANGELOG.md'].flatMap((page) =>
    links(page).map((link) => link.split('#')[0]!),
  );
  expect(reached.filter((path) => path !== '' && !isPacked(path))).toEqual([]);
  expect(isPacked('docs/reference/schema.md') && isPacked('examples/spark/streaming.py')).toBe(true);
});

it('tells a broken link from a good one', () => {
  expect(fault('README.md', 'docs/index.md')).toBeUndefined();
  expect(fault('README.md', 'docs/none.md')).toMatch('no such file');
  expect(fault('README.md', '#commands')).toBeUndefined();
  expect(fault('README.md', '#no-such-heading')).toMatch('no such heading');
  expect(fault('README.md', '../elsewhere.md')).toMatch('out of the repository');
});
