import { expect, it } from 'vitest';
import { quoted } from '../../src/wording/quote.ts';

it.each([
  ['a b', '"a b"'],
  ['a\nb\u001b', '"a\\nb\\u001b"'],
  ['x'.repeat(60), JSON.stringify('x'.repeat(60))],
  ['x'.repeat(61), `"${'x'.repeat(59)}…"`],
  ['😀'.repeat(60), JSON.stringify('😀'.repeat(60))],
  ['😀'.repeat(1_000_000), `"${'😀'.repeat(59)}…"`],
])('quotes %j within one line', (value, text) => expect(quoted(value)).toBe(text));
