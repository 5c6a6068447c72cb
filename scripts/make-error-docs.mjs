// Writes docs/reference/errors.md from the table of error codes, so that the page is never behind the program.
// Usage: node scripts/make-error-docs.mjs [--check]   (--check: exit 1 where the page is not what would be written)
// Reads dist/: build it first.
import { join } from 'node:path';
import { ERROR_CODES } from '../dist/index.js';
import { root } from './build/bundles.mjs';
import { writePage } from './build/generated-page.mjs';

const intro = `# Error codes

Everything that goes wrong on purpose is a \`VarveError\` with a \`code\`, a \`message\`, a \`remedy\` (what to do next) and, where there is one, a
\`path\`. With \`--json\` a command prints the same four as \`{"error": {…}}\` and exits with 2. Messages are for people and may change; what a code means never does. In
TypeScript, \`ErrorCode\` is the union of all of them and \`ERROR_CODES\` this table. Work that an \`AbortSignal\` stops fails with the signal's own reason.
`;

const codes = Object.entries(ERROR_CODES).map(([code, meaning]) => `- \`${code}\`: ${meaning}`);
writePage(join(root, 'docs', 'reference', 'errors.md'), `${intro}\n${codes.join('\n')}\n`);
