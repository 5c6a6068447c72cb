/**
 * The frame of an HTML report: one file that needs nothing else and runs without scripts. Knows sections; knows no
 * profile and no drift.
 */

import { createHash } from 'node:crypto';
import { type Markup, markup } from '../markup.ts';
import { PAGE_SCRIPT } from './client.ts';
import { STYLE } from './style.ts';

function hashed(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}

// Nothing is fetched, and nothing runs or styles but the two sources below, whatever a name in the data says.
const POLICY = [
  "default-src 'none'",
  `script-src ${hashed(PAGE_SCRIPT)}`,
  `style-src ${hashed(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** One self-contained page: no network, no script or style but its own. */
export function page(title: string, body: Markup): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${markup`${title}`}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
