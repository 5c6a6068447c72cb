import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brief, neutral } from '../../src/wording/neutral.ts';

describe('neutral', () => {
  it('shows control, bidirectional and invisible characters as escapes', () => {
    expect(neutral('a\nb\tc\r\u0000')).toBe('a\\nb\\tc\\r\\x00');
    expect(neutral('\u001b]0;title\u0007\u001b[31mred\u009b0m')).toBe(
      '\\x1b]0;title\\x07\\x1b[31mred\\x9b0m',
    );
    expect(neutral('inv\u202egnp.exe\u2066\u200f\u200b')).toBe(
      'inv\\u{202e}gnp.exe\\u{2066}\\u{200f}\\u{200b}',
    );
    expect(neutral('\ud800x\u{e0041}')).toBe('\\u{d800}x\\u{e0041}');
  });

  it('keeps what people write', () => {
    for (const text of ['日本航空', 'Zürich', 'می‌خواهم', '👩‍🚀 🇦🇹', 'naïve e\u0301', 'שלום', 'C:\\temp']) {
      expect(neutral(text)).toBe(text);
    }
  });

  it('leaves nothing that acts, and is idempotent, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = neutral(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(neutral(shown)).toBe(shown);
      }),
    );
  });

  it('cuts by code points and says so', () => {
    expect(brief('👍👍👍👍', 3)).toBe('👍👍…');
    expect(brief('abc', 3)).toBe('abc');
    expect(brief('x'.repeat(1e6), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});
