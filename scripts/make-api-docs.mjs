// Writes docs/reference/api.md from the comments and types of the library.
// Usage: node scripts/make-api-docs.mjs [--check]   (--check: exit 1 where the page is not what would be written)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from 'typedoc';
import { root } from './build/bundles.mjs';
import { writePage } from './build/generated-page.mjs';

const out = mkdtempSync(join(tmpdir(), 'varve-api-'));
try {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [join(root, 'src', 'index.ts')],
    tsconfig: join(root, 'tsconfig.types.json'),
    plugin: ['typedoc-plugin-markdown'],
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
  writePage(join(root, 'docs', 'reference', 'api.md'), readFileSync(join(out, 'api.md'), 'utf8'));
} finally {
  rmSync(out, { recursive: true, force: true });
}
