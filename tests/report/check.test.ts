import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../src/report/check.ts';
import { FORMATS } from '../../src/report/format.ts';
import { poisoned, syntheticDrift, syntheticValidation } from './synthetic.ts';

const options = { color: false, width: 100 };
const good = syntheticValidation([]);
const checked = {
  base: 'abc123',
  datasets: [
    { path: 'data/flights.csv', validation: syntheticValidation(), drift: syntheticDrift(19) },
    {
      path: 'data/weather.csv',
      validation: { ...good, dataset: { ...good.dataset, name: 'data/weather.csv' } },
      drift: undefined,
    },
    { path: 'data/new.csv', validation: undefined, drift: undefined },
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

  it('names each dataset, with or without reports', () => {
    const text = renderCheck(checked, 'text', options);
    expect(text).toMatch(/── data\/new\.csv\n\nnothing to hold it against/);
    expect(renderCheck(checked, 'markdown', options)).toContain(
      '| `data/new.csv` | no schema | nothing to compare with |',
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
