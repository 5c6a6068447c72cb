import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { renderDrift, renderDriftSeries, renderProfile, renderValidation } from '../../src/report/render.ts';
import { poisoned, syntheticDrift, syntheticSeries, syntheticValidation } from './synthetic.ts';
import { flights, flightsLater } from './synthetic-profile.ts';

const options = { color: false, width: 80, name: 'data/flights.csv' };
const compareWith = { name: 'data/flights.csv@HEAD~1', profile: flights };
const pages = {
  drift: renderDrift(syntheticDrift(19), 'html', options),
  history: renderDriftSeries(syntheticSeries(19, 6), 'html', options),
  validation: renderValidation(syntheticValidation(), 'html', options),
  profile: renderProfile(flightsLater, 'html', { ...options, compareWith }),
};
const hostilePages = {
  drift: renderDrift(poisoned(syntheticDrift(19)), 'html', options),
  history: renderDriftSeries(poisoned(syntheticSeries(19, 6)), 'html', options),
  validation: renderValidation(poisoned(syntheticValidation()), 'html', options),
  profile: renderProfile(poisoned(flightsLater), 'html', poisoned({ ...options, compareWith })),
};

function tags(page: string): string[] {
  return [...page.matchAll(/<([a-z0-9]+)/gi)].map(([, name]) => name!.toLowerCase());
}

describe.each(Object.entries(pages))('the %s page', (kind, page) => {
  it('fetches nothing and allows only its own style and script', () => {
    expect(page).not.toMatch(/(?:src|href|action|xlink:href)="(?!#|data:,")/);
    expect(page.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|url\(/);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const element of ['script', 'style']) {
      const sources = [...page.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))];
      expect(sources).toHaveLength(1);
      const hash = createHash('sha256').update(sources[0]![1]!).digest('base64');
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    }
  });

  it('has no element more, whatever the data says', () => {
    const hostile = hostilePages[kind as keyof typeof pages];
    // A long name has places to break at.
    const known = new Set([...tags(page), 'wbr']);
    expect(tags(hostile).filter((tag) => !known.has(tag))).toEqual([]);
    expect(hostile).not.toMatch(/<img/);
  });

  it('has no inline style or handler, and unique ids', () => {
    const markup = page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '');
    expect(markup).not.toMatch(/\s(?:style|on[a-z]+)=/);
    const ids = [...markup.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('size', () => {
  it('is under 1 MB for 100 features of drift, and grows by less than 6 KB a feature', () => {
    const hundred = Buffer.byteLength(renderDrift(syntheticDrift(100), 'html', options));
    const thousand = Buffer.byteLength(renderDrift(syntheticDrift(1000), 'html', options));
    expect(hundred).toBeLessThan(1_000_000);
    expect((thousand - hundred) / 900).toBeLessThan(6000);
  });

  it('draws features of many values and none', () => {
    const page = pages.profile;
    expect(page.match(/class="chart"/g)).toHaveLength(4);
    expect(page).toContain('Nothing but nulls.');
    expect(page).toContain('aria-label="By weekday: most in');
  });
});
