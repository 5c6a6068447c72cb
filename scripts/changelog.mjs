// Keeps CHANGELOG.md from one small file a change. Run it in the root of the repository.
// Usage: node scripts/changelog.mjs check            names every file of changelog/unreleased/ that is no entry
//        node scripts/changelog.mjs release          moves them into CHANGELOG.md, under the version of package.json
//        node scripts/changelog.mjs notes VERSION    prints what CHANGELOG.md says of a version
// Format of CHANGELOG.md: https://keepachangelog.com/en/1.1.0/
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join('changelog', 'unreleased');
const PAGE = 'CHANGELOG.md';
const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
const ENTRY = new RegExp(`^(${KINDS.join('|')}): (\\S[\\s\\S]*[.!])$`);
const HEADING = /^## \[?([^\]\s]+)\]?.*$/gm;

class Refused extends Error {}

/** `Fixed: One sentence or more.` as a kind and an item of a list, its further lines indented. */
function readEntry(name) {
  const text = readFileSync(join(FOLDER, name), 'utf8').trim();
  const [, kind, words] = ENTRY.exec(text) ?? [];
  if (kind === undefined || !name.endsWith('.md'))
    throw new Refused(
      `${join(FOLDER, name)} is no entry: a .md file with "Kind: a sentence.", Kind one of ${KINDS.join(', ')}`,
    );
  return { kind, item: `- ${words.replaceAll(/\n\s*/g, '\n  ')}` };
}

function readEntries() {
  const names = readdirSync(FOLDER).filter((name) => !name.startsWith('.'));
  return { names, entries: names.sort().map(readEntry) };
}

/** The text between the heading of a version and the next heading, and where it lies. */
function sectionOf(page, version) {
  const headings = [...page.matchAll(HEADING)];
  const at = headings.findIndex(([, name]) => name === version);
  if (at === -1) throw new Refused(`${PAGE} has no section "${version}"`);
  const start = headings[at].index;
  const end = headings[at + 1]?.index ?? page.length;
  return { start, end, body: page.slice(start + headings[at][0].length, end).trim() };
}

/** The items of a section by kind, in the order of KINDS. */
function groupsOf(body) {
  const groups = new Map(KINDS.map((kind) => [kind, '']));
  for (const part of body.split(/^### /m)) {
    const [kind, ...lines] = part.split('\n');
    if (part.trim() === '') continue;
    if (!groups.has(kind.trim()))
      throw new Refused(`${PAGE} has "${kind.trim()}" where ${KINDS.join(', ')} can stand`);
    groups.set(kind.trim(), lines.join('\n').trim());
  }
  return groups;
}

function release(version, date) {
  const page = readFileSync(PAGE, 'utf8');
  const { names, entries } = readEntries();
  const { start, end, body } = sectionOf(page, 'Unreleased');
  const groups = groupsOf(body);
  for (const { kind, item } of entries) groups.set(kind, `${groups.get(kind)}\n${item}`.trim());
  const written = [...groups]
    .filter(([, items]) => items !== '')
    .map(([kind, items]) => `### ${kind}\n\n${items}\n`);
  if (written.length === 0) throw new Refused(`nothing is written down for ${version}`);
  const section = `## Unreleased\n\n## ${version} (${date})\n\n${written.join('\n')}`;
  writeFileSync(PAGE, `${page.slice(0, start)}${section}${end < page.length ? `\n${page.slice(end)}` : ''}`);
  for (const name of names) unlinkSync(join(FOLDER, name));
}

const verbs = {
  check: () => void readEntries(),
  release: () =>
    release(JSON.parse(readFileSync('package.json', 'utf8')).version, new Date().toISOString().slice(0, 10)),
  notes: (version) => console.log(sectionOf(readFileSync(PAGE, 'utf8'), version).body),
};

const [verb = '', ...words] = process.argv.slice(2);
try {
  if (!Object.hasOwn(verbs, verb)) throw new Refused(`say one of ${Object.keys(verbs).join(', ')}`);
  verbs[verb](...words);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
