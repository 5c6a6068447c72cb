// Writes docs/reference/cli.md from the help of every command, so that the page is never behind the program.
// Usage: node scripts/make-cli-docs.mjs [--check]   (--check: exit 1 where the page is not what would be written)
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './build/bundles.mjs';
import { writePage } from './build/generated-page.mjs';

const page = join(root, 'docs', 'reference', 'cli.md');

function help(...words) {
  const command = [join(root, 'bin', 'varve.js'), ...words, '--help'];
  return execFileSync(process.execPath, command, {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
}

/** Names under `Commands:`, in order, but for `help`. */
function commandsIn(text) {
  const listed = text.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  return [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map((match) => match[1]).filter((name) => name !== 'help');
}

function section(words, depth) {
  const text = help(...words);
  const below = commandsIn(text).map((name) => section([...words, name], depth + 1));
  return [
    `${'#'.repeat(depth)} varve ${words.join(' ')}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`,
    ...below,
  ].join('\n');
}

const intro = `# The command line

\`varve COMMAND --help\` prints what this page has. A dataset is \`path\`, \`path@REV\` for any Git revision, or a plain file or folder outside
version control.

| exit code | means                                                                                         |
| --------- | --------------------------------------------------------------------------------------------- |
| 0         | fine                                                                                          |
| 1         | a check found something: an anomaly, drift, a difference with \`--exit-code\`, a damaged object |
| 2         | trouble: usage, input and output, network; the message names the path and the next step       |
| 130       | stopped by Ctrl-C; nothing is left behind                                                     |

\`--json\` on every command prints one JSON document on standard output; errors become \`{"error": {"code", "message", "remedy", "path"}}\`, with
codes that stay. Messages and progress go to standard error, progress only on a terminal. Colours respect [NO_COLOR](https://no-color.org).
`;

const overview = help();
const text = [
  intro,
  `\`\`\`text\n${overview.trimEnd()}\n\`\`\`\n`,
  ...commandsIn(overview).map((name) => section([name], 2)),
].join('\n');

writePage(page, text);
