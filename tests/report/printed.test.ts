import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureJson, failureText } from '../../src/cli/terminal/failure.ts';
import { progressLine } from '../../src/cli/terminal/progress-bar.ts';
import { VarveError } from '../../src/errors.ts';
import { renderCheck } from '../../src/report/check.ts';
import type { CheckedDatasets } from '../../src/report/checked.ts';
import { FORMATS, type ReportFormat } from '../../src/report/format.ts';
import {
  renderDrift,
  renderDriftSeries,
  renderDriftWindow,
  renderProfile,
  renderValidation,
} from '../../src/report/render.ts';
import { inert, inertJson, neutral } from '../../src/wording/neutral.ts';
import { withoutSecrets } from '../../src/wording/urls.ts';
import { poisoned, syntheticDrift, syntheticSeries, syntheticValidation } from './synthetic.ts';
import { flights } from './synthetic-profile.ts';

const snippets = [
  '::set-output name=a::b',
  '::stop-commands::z',
  '::add-mask::',
  ' \t::error::x',
  ':',
  '##[set-env name=PATH]x',
  '##vso[task.setvariable variable=a]b',
  "##teamcity[testFailed name='x']",
  '#',
  '[',
  '\n',
  '\r\n',
  '\u2028',
  '\u0085',
  '\u009b31m',
  '\u001b[31m',
  '\u001b]8;;https://evil.example\u0007',
  '\u202e',
  '\ud800',
  'x',
  ' ',
  '"',
  '%0A',
  '```',
  '|',
  '@team',
  '<img src=//evil.example/t.gif>',
  '![t](https://evil.example/t.gif)',
];
const hostileText = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...snippets) }, fc.string({ unit: 'binary' })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(''));

const OWN_COLOURS = /\u001b\[\d{1,2}m/g;
const ACTING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u;

/** Nothing acts on a terminal, and no line is a command to a CI system but those that `own` knows. */
function expectHarmless(document: string, own = /^(?!)/): void {
  const plain = document.replaceAll(OWN_COLOURS, '');
  expect(plain).not.toMatch(ACTING);
  expect(plain).not.toMatch(/##(\[|vso\[|teamcity\[)/i);
  const commands = plain.split('\n').filter((line) => line.trimStart().startsWith('::'));
  expect(commands.filter((line) => !own.test(line))).toEqual([]);
}

/** Styles have `::before`, and scripts what they like: both are varve's own, named by their digests. */
const withoutOwnCode = (page: string) => page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '');

const asIs = (format: ReportFormat, document: string) =>
  format === 'html' ? withoutOwnCode(document) : document;
const ANNOTATION = /^::(error|warning|notice) file=[^:,\r\n]*,title=[^:,\r\n]*::[^\r\n]*$/;

function documents(format: ReportFormat, text: string): string[] {
  const spoilt = () => text;
  const options = { color: format === 'text', width: 80, name: text, file: text };
  const drift = poisoned(syntheticDrift(5), spoilt);
  const validation = poisoned(syntheticValidation(), spoilt);
  const profile = {
    ...flights,
    tables: flights.tables.map((table) => ({ ...poisoned(table, spoilt), rows: 9 })),
  };
  const failure = { code: text, message: text, remedy: text };
  const checked: CheckedDatasets = {
    datasets: [{ path: text, change: 'renamed', renamedFrom: text, drift, validation, failure }],
  };
  const findings = [
    renderDrift(drift, format, options),
    renderValidation(validation, format, options),
    renderCheck(checked, format, options),
  ];
  if (['junit', 'sarif', 'github'].includes(format)) return findings;
  const shown = [...findings, renderProfile(profile, format, options)];
  if (format === 'prometheus') return shown;
  return [...shown, renderDriftSeries(poisoned(syntheticSeries(3, 4), spoilt), format, options)];
}

describe('a text from outside', () => {
  it.each(FORMATS)('starts no line and acts on nothing in a report as %s', (format) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const document of documents(format, text)) {
          expectHarmless(asIs(format, document), format === 'github' ? ANNOTATION : undefined);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('starts no line of a window of a stream, of progress or of TFDV’s files', () => {
    const window = { window: 1, rows: 2, verdict: 'drift', summary: '', features: [] };
    fc.assert(
      fc.property(hostileText, (text) => {
        const look = { color: true, width: 80 };
        const one = { ...window, summary: text } as unknown as Parameters<typeof renderDriftWindow>[0];
        for (const format of ['text', 'json'] as const) expectHarmless(renderDriftWindow(one, format, look));
        expectHarmless(progressLine({ phase: text, unit: 'bytes', done: 1, total: 2 }, 1));
        const report = poisoned(syntheticValidation(), () => Buffer.from(text).toString());
        expectHarmless(renderValidation(report, 'tfdv', look));
      }),
      { numRuns: 40 },
    );
  });

  it('starts no line of an error, nor of what caused it', () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, (message, remedy, path) => {
        const cause = new Error(message);
        const error = new VarveError('io-error', message, { remedy, path, cause });
        for (const thrown of [error, new TypeError(message, { cause: error }), message]) {
          const [text, traced] = [failureText(thrown, false), failureText(thrown, true)];
          expectHarmless(text);
          expectHarmless(traced);
          expect(text.split('\n')).toHaveLength(3);
          // Each further line is one of ours: a call, or a cause.
          for (const line of traced.split('\n').slice(2, -1))
            expect(line).toMatch(/^( {4}at |\w*Error: |caused by \w*Error: )/);
          const json = failureJson(thrown);
          expectHarmless(json);
          expect(JSON.parse(json).error.message).toContain(message === error.message ? '' : message);
        }
      }),
    );
  });

  it('of a megabyte is looked through at once', () => {
    for (const unit of ['a', '?', '?a=', 'a:/', ':', ' :', '@', '#', 'https://', '\u001b[', '\n ']) {
      const text = unit.repeat(1_000_000 / unit.length);
      expectHarmless(inert(neutral(withoutSecrets(text))));
      expectHarmless(failureText(text, false));
    }
  });

  it('says the same in JSON, however it is escaped', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), (value) => {
        const json = JSON.stringify(value, undefined, 2);
        expect(JSON.parse(inertJson(json))).toEqual(JSON.parse(json));
        expectHarmless(inertJson(json));
      }),
    );
  });

  it('is one line once it is neutral, and its document is inert whatever it holds', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(neutral(text)).not.toContain('\n');
        expect(neutral(neutral(text))).toBe(neutral(text));
        expectHarmless(inert(text));
        expect(inert(inert(text))).toBe(inert(text));
        expectHarmless(inert(`  \u001b[1m${neutral(text)}\u001b[0m`));
      }),
    );
  });
});

describe('a comment in Markdown', () => {
  const options = { color: false, width: 80 };

  it('mentions nobody, shows no image or link, holds no HTML, and none of its fences is broken', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const document = renderDrift(
          poisoned(syntheticDrift(3), () => text),
          'markdown',
          options,
        );
        // Code spans are text to GitHub: what is left outside of them must be inert.
        const outside = document.replaceAll(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, '');
        expect(outside).not.toMatch(/(^|[^\w`])@\w/m);
        expect(outside).not.toMatch(/!\[|\]\(|https?:\/\//);
        expect(outside).not.toMatch(/<(?!!-- -->|\/?(details|summary|b|sub|sup|br)\b)[a-z!/]/i);
        expect(outside).not.toMatch(/^\s*(```|~~~)/m);
      }),
      { numRuns: 60 },
    );
  });
});
