import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './bundles.mjs';

/** Writes a page that is made from the source; with `--check`, exits with 1 where the page is not what would be written. */
export function writePage(page, text) {
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (readFileSync(page, 'utf8') !== text) {
    const script = relative(root, process.argv[1]);
    console.error(`${relative(root, page)} is behind the source: run \`node ${script}\`.`);
    process.exit(1);
  }
}
