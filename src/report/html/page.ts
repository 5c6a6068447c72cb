/**
 * The frame of an HTML report: one file that needs nothing else and runs without scripts. Knows sections; knows no
 * profile and no drift.
 */

import { createHash } from 'node:crypto';
import { type Markup, markup } from '../markup.ts';
import { PAGE_SCRIPT } from './client.ts';
import { STYLE } from './style.ts';

/** A source as a policy names it. Source: CSP Level 3, hash-source. */
export function hashed(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}

/** What a page may do: nothing is fetched, and nothing runs or styles but the two sources below, whatever a name in the data says. */
export function policyOfPages(): string {
  return [
    "default-src 'none'",
    `script-src ${hashed(PAGE_SCRIPT)}`,
    `style-src ${hashed(STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** One self-contained page: no network, no script or style but its own. */
export function page(title: string, body: Markup): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="${policyOfPages()}">
`;
  return `${pageHead(title, STYLE, policy)}${body}${PAGE_END}`;
}

/** All of a page before its body. @param more lines of its head */
export function pageHead(title: string, style: string, more = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${more}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${markup`${title}`}</title>
<style>${style}</style>
</head>
<body>
`;
}

/** All of a page behind its body. */
export const PAGE_END = `
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
