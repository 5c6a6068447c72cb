import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../src/report/check.ts';
import type { CheckedDatasets } from '../../src/report/checked.ts';
import { FORMATS } from '../../src/report/format.ts';
import { poisoned, syntheticDrift, syntheticValidation } from './synthetic.ts';

const options = { color: false, width: 100 };
const good = syntheticValidation([]);
const checked: CheckedDatasets = {
  datasets: [
    {
      path: 'data/flights.csv',
      change: 'modified',
      validation: syntheticValidation(),
      drift: syntheticDrift(19),
    },
    {
      path: 'data/weather.csv',
      change: 'schema',
      validation: { ...good, dataset: { ...good.dataset, name: 'data/weather.csv' } },
      drift: undefined,
    },
    { path: 'data/new.csv', change: 'added', validation: undefined, drift: undefined },
  ],
};
const answer = '3 datasets differ from the base: 1 breaks its schema, 1 drifted';

describe('a check of several datasets', () => {
  it('gives one answer first, in every format for people', () => {
    expect(renderCheck(checked, 'text', options).split('\n')[0]).toBe(answer);
    expect(renderCheck(checked, 'markdown', options).split('\n')[0]).toBe(`## ${answer}`);
    expect(renderCheck(checked, 'html', options)).toContain(`<h1>${answer}</h1>`);
    expect(renderCheck({ datasets: [] }, 'text', options)).toBe('No dataset differs from the base\n');
  });

  it('says of nothing that it holds unless it was held', () => {
    const line = (...datasets: CheckedDatasets['datasets']): string =>
      renderCheck({ datasets }, 'text', options).split('\n')[0]!;
    const [, held, unheld] = checked.datasets;
    const removed = { ...unheld!, change: 'removed' as const };
    expect(line(held!)).toBe('1 dataset differs from the base: every schema holds');
    expect(line(unheld!)).toBe('1 dataset differs from the base: no schema, and nothing to compare with');
    expect(line(removed)).toBe('1 dataset differs from the base: 1 was removed');
    expect(line(held!, removed)).toBe('2 datasets differ from the base: every schema holds, 1 was removed');
  });

  it('names what is removed, renamed or cannot be checked, in every format but the gauges', () => {
    const [, , one] = checked.datasets;
    const failure = { code: 'schema-invalid', message: 'It reads `x: :`', remedy: 'Mend it.' };
    const datasets = [
      { ...one!, path: 'gone.csv', change: 'removed' as const },
      { ...one!, path: 'b.csv', change: 'renamed' as const, renamedFrom: 'a.csv' },
      { ...one!, path: 'odd.csv', failure },
    ];
    for (const format of FORMATS.filter((each) => each !== 'prometheus')) {
      const report = renderCheck({ datasets }, format, options);
      for (const word of ['gone.csv', 'removed', 'b.csv', 'odd.csv', 'reads']) {
        // SARIF has findings alone, and runs by their subject.
        if (format !== 'sarif' || word !== 'removed') expect(report, `${format}: ${word}`).toContain(word);
      }
    }
    expect(renderCheck({ datasets }, 'junit', options)).toContain('failures="1"');
    expect(renderCheck({ datasets }, 'github', options)).toMatch(/^::error file=odd\.csv\.varve,/m);
  });

  it('names each dataset, with or without reports', () => {
    const text = renderCheck(checked, 'text', options);
    expect(text).toMatch(/── data\/new\.csv: new\n\nnothing to hold it against/);
    expect(renderCheck(checked, 'markdown', options)).toContain(
      '| `data/new.csv` | new | no schema | nothing to compare with |',
    );
    expect(text).toMatch(/^data\/new\.csv +new +no schema +nothing to compare with$/m);
    expect(text).toMatch(/^data\/flights\.csv +changed +✗ 2 errors and 1 warning +✗ /m);
    expect(renderCheck(checked, 'html', options)).toMatch(
      /<th scope="row"><bdi>data\/flights\.csv<\/bdi><td>changed<td><span class="badge bad">Error<\/span> <a href="#d0s">2 errors and 1 warning<\/a><td><span class="badge bad">Drift<\/span> /,
    );
    expect(renderCheck(checked, 'html', options)).toContain(
      '<p class="kicker"><bdi>data/flights.csv</bdi> <span>drift</span></p>',
    );
    expect(JSON.parse(renderCheck(checked, 'json', options)).datasets).toHaveLength(3);
  });

  it('is one suite, run or series each for CI, and points at pointers', () => {
    expect(renderCheck(checked, 'junit', options).match(/<testsuite /g)).toHaveLength(3);
    const { runs } = JSON.parse(renderCheck(checked, 'sarif', options));
    const categories = runs.map((run: { automationDetails: { id: string } }) => run.automationDetails.id);
    expect(new Set(categories).size).toBe(3);
    expect(renderCheck(checked, 'github', options)).toMatch(/^::error file=data\/flights\.csv\.varve,/);
    const metrics = renderCheck(checked, 'prometheus', options);
    expect(metrics.match(/^# TYPE varve_validation_valid gauge$/gm)).toHaveLength(1);
    expect(metrics).toContain('varve_validation_valid{dataset="data/weather.csv"} 1\n');
  });

  it('still fits a comment with a hundred datasets, whatever is in them', () => {
    const many = { datasets: Array(100).fill(poisoned(checked.datasets[0])) };
    const markdown = renderCheck(many, 'markdown', options);
    expect(Buffer.byteLength(markdown)).toBeLessThan(60_000);
    expect(markdown.split('<details>').length).toBe(markdown.split('</details>').length);
  });

  it('has unique ids on its page', () => {
    const twice = renderCheck({ datasets: [checked.datasets[0]!, checked.datasets[0]!] }, 'html', options);
    const ids = [...twice.matchAll(/<[^>]* id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(FORMATS)('is the same each time as %s', (format) => {
    expect(renderCheck(checked, format, options)).toBe(renderCheck(checked, format, options));
  });
});
