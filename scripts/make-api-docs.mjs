// Writes docs/reference/api.md from the comments and types of the library.
// Usage: node scripts/make-api-docs.mjs [--check]   (--check: exit 1 where the page is not what would be written)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { root } from './build/bundles.mjs';
import { writePage } from './build/generated-page.mjs';

const INTRO = `# The library

\`import { openRepository } from 'varve'\` gives all that the command line can do in a repository, \`openFolder\` what needs none. One convention
holds everywhere: what a method needs is an argument, what may be left out an option, and each call may have a \`signal\`, \`onProgress\` and
\`onWarning\` of its own beside those that were given at the opening. Results are the documents that the commands print with \`--json\`. What goes wrong on
purpose is a \`VarveError\` of one of [these codes](errors.md), a wrong argument one of the code \`usage\`; work that a signal stops fails with the reason of that signal.

Start with [openRepository](#openrepository), [VarveRepository](#varverepository) and [DataFolder](#datafolder). This page is made from the source.
`;

const out = mkdtempSync(join(tmpdir(), 'varve-api-'));
try {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [join(root, 'src', 'index.ts')],
    tsconfig: join(root, 'tsconfig.types.json'),
    plugin: [fileURLToPath(import.meta.resolve('typedoc-plugin-markdown'))],
    outputs: [{ name: 'markdown', path: out }],
    readme: 'none',
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    disableGit: true,
    githubPages: false,
    logLevel: 'Error',
    // Of the plugin: one page, in the order in which people look for things.
    outputFileStrategy: 'modules',
    entryFileName: 'api.md',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    hideGroupHeadings: false,
    useCodeBlocks: true,
    expandObjects: false,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables', '*'],
    sort: ['alphabetical'],
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('The types of the library could not be read.');
  await app.generateOutputs(project);
  // Signatures are no programs; the examples run in tests/library/examples.test.ts, in a repository that has what they name.
  const text = readFileSync(join(out, 'api.md'), 'utf8')
    .replaceAll(/^```ts$/gm, '```ts not-run')
    // Rows of tables are no headings that a link could lead to.
    .replaceAll(/\[([^\]]*)\]\(#property-[^)]*\)/g, '$1')
    .replaceAll(/<a id="property-[^"]*"><\/a> /g, '');
  writePage(join(root, 'docs', 'reference', 'api.md'), text.replace('# varve\n', `${INTRO}\n`));
} finally {
  rmSync(out, { recursive: true, force: true });
}
