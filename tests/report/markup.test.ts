import fc from 'fast-check';
import { expect, it } from 'vitest';
import { markup, separated } from '../../src/report/markup.ts';

it('escapes texts, takes markup as it is, and writes lists one after the other', () => {
  const bold = markup`<b>${'<i>'}</b>`;
  expect(String(markup`<p title="${'"a" & \'b\''}">${bold}${[1, 'x<', bold]}</p>`)).toBe(
    '<p title="&quot;a&quot; &amp; &#39;b&#39;"><b>&lt;i&gt;</b>1x&lt;<b>&lt;i&gt;</b></p>',
  );
  expect(String(markup`${separated(['a', 'b\nc'])}`)).toBe('a\nb\\nc');
});

it('lets no text open or close anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const inner = String(markup`<a b="${text}">${text}</a>`).slice('<a b="'.length, -'</a>'.length);
      const [value, content] = [inner.slice(0, inner.indexOf('">')), inner.slice(inner.indexOf('">') + 2)];
      expect(value).toBe(content);
      expect(content).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
    }),
  );
});
