import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { renderCheck } from '../../src/report/check.ts';
import { renderDrift, renderDriftSeries, renderProfile, renderValidation } from '../../src/report/render.ts';
import { installed } from './peers.ts';
import { poisoned, syntheticDrift, syntheticSeries, syntheticValidation } from './synthetic.ts';
import { flights, flightsLater } from './synthetic-profile.ts';

const executablePath = process.env.VARVE_CHROMIUM ?? installed('chromium');
const options = { color: false, width: 80, name: 'data/flights.csv' };
const compareWith = { name: 'data/flights.csv@HEAD~1', profile: flights };
const documents: Readonly<Record<string, string>> = {
  drift: renderDrift(syntheticDrift(19), 'html', options),
  history: renderDriftSeries(syntheticSeries(19, 6), 'html', options),
  validation: renderValidation(syntheticValidation(), 'html', options),
  profile: renderProfile(flightsLater, 'html', { ...options, compareWith }),
  check: renderCheck(
    {
      datasets: [
        {
          path: 'data/flights.csv',
          change: 'modified',
          validation: syntheticValidation(),
          drift: syntheticDrift(9),
        },
      ],
    },
    'html',
    options,
  ),
  'hostile drift': renderDrift(poisoned(syntheticDrift(19)), 'html', options),
  'hostile history': renderDriftSeries(poisoned(syntheticSeries(19, 6)), 'html', options),
  'hostile validation': renderValidation(poisoned(syntheticValidation()), 'html', options),
  'hostile profile': renderProfile(poisoned(flightsLater), 'html', options),
};

/** Text whose contrast to what lies behind it is under 4.5 (WCAG 2.2, 1.4.3), as `ratio text`. */
const lowContrast = `(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const level = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest('.unseen, script')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [level(rgb(element.closest('svg') ? style.fill : style.color)), level(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(ratio.toFixed(2) + ' ' + element.textContent.slice(0, 40));
  }
  return found;
})()`;

/** Controls without a name, and duplicate or dangling references. */
const unnamed = `[...document.querySelectorAll('input, select, summary, [tabindex="0"], [role=img]')]
  .filter((element) => !(element.getAttribute('aria-label') || element.closest('label')?.textContent.trim() || element.textContent.trim()))
  .map((element) => element.outerHTML.slice(0, 80))`;

const openDetails = `document.querySelectorAll('details').forEach((details) => { details.open = true; })`;

/** Texts of drawings that reach beyond them, and cells of tables that are columns of letters. */
const cramped = `(() => {
  const found = [];
  for (const svg of document.querySelectorAll('.chart svg')) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 2 || box.right > frame.right + 2) found.push(text.textContent);
    }
  }
  for (const cell of document.querySelectorAll('th, td')) {
    const head = cell.closest('thead');
    if (head && getComputedStyle(head).position === 'absolute') continue;
    const { width, height } = cell.getBoundingClientRect();
    if (width > 1 && width < 30 && height > 60) found.push(cell.textContent);
  }
  return found;
})()`;

const shownNames = `[...document.querySelectorAll('.card')].filter((card) => card.checkVisibility()).map((card) => card.querySelector('h3, .name bdi').textContent)`;

describe.skipIf(executablePath === undefined)('in Chromium (skipped where none is installed)', () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const trouble: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'varve-report-'));
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await page.close();
    expect(trouble.splice(0)).toEqual([]);
  });

  async function open(document: string, more: Parameters<Browser['newPage']>[0] = {}): Promise<void> {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...more });
    page.on('console', (message) => trouble.push(message.text()));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('dialog', (dialog) => trouble.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) trouble.push(`request: ${request.url()}`);
    });
    const file = join(folder, 'report.html');
    writeFileSync(file, document);
    await page.goto(pathToFileURL(file).href);
  }

  it.each(Object.keys(documents))(
    'shows the %s page without errors, requests, or unnamed controls',
    async (kind) => {
      await open(documents[kind]!);
      expect(await page.evaluate(unnamed)).toEqual([]);
      expect(await page.locator('.card').count()).toBeGreaterThan(1);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      if (kind === 'check') await page.evaluate(openDetails);
      expect(await page.locator('#shown').textContent()).toMatch(/^(\d+) of \1 shown$/);
    },
  );

  it('folds what is fine on the page of a check, and opens it to who looks for it', async () => {
    await open(documents.check!);
    expect(await page.locator('#shown').textContent()).toBe('7 of 12 shown');
    const calm = page.locator('.calm');
    expect(await calm.locator('summary').first().textContent()).toBe('5 features without drift');
    const hidden = await calm.locator('.name bdi').first().textContent();
    await page.locator('#find').fill(hidden!);
    expect(await page.evaluate(shownNames)).toContain(hidden);
    await page.locator('#find').fill('');
    await page.locator('input[value=bad]').check();
    expect(await calm.isVisible()).toBe(false);
    await page.locator('input[value=good]').check();
    expect(await page.locator('#shown').textContent()).toBe('5 of 12 shown');
  });

  it.each(
    [1280, 400].flatMap((width) =>
      ['drift', 'history', 'validation', 'profile', 'check'].map((kind) => [kind, width] as const),
    ),
  )('has room for every text of the %s page at %i pixels', async (kind, width) => {
    await open(documents[kind]!, { viewport: { width, height: 900 } });
    await page.evaluate(openDetails);
    expect(await page.evaluate(cramped)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it.each(
    ['light', 'dark'].flatMap((scheme) =>
      ['drift', 'history', 'validation', 'profile', 'check'].map((kind) => [kind, scheme] as const),
    ),
  )('gives all text of the %s page a contrast of 4.5 when %s', async (kind, scheme) => {
    await open(documents[kind]!, { colorScheme: scheme as 'light' | 'dark' });
    await page.evaluate(openDetails);
    expect(await page.evaluate(lowContrast)).toEqual([]);
    const ground = await page.evaluate(`getComputedStyle(document.documentElement).backgroundColor`);
    expect(ground).toBe(scheme === 'dark' ? 'rgb(19, 21, 25)' : 'rgb(250, 248, 244)');
  });

  it('finds, filters and orders by keyboard alone', async () => {
    await open(documents.drift!);
    await page.keyboard.press('/');
    await page.keyboard.type('DEP float');
    expect(await page.evaluate(shownNames)).toEqual(['dep_delay', 'flight_dep', 'dep_delay_12']);
    expect(await page.locator('#shown').textContent()).toBe('3 of 19 shown');
    await page.keyboard.press('Escape');
    expect(await page.locator('.card:visible').count()).toBe(19);
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('.card:visible').count()).toBe(4);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Tab');
    await page.keyboard.type('name');
    const names = (await page.evaluate(shownNames)) as string[];
    expect(names).toEqual([...names].sort());
    expect(names).toHaveLength(19);
  });

  it('reads bins by arrow keys and by pointer', async () => {
    await open(documents.drift!);
    await page.evaluate(openDetails);
    const histogram = page.locator('.chart[data-direction=across]').first();
    await histogram.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    const spoken = await histogram.getAttribute('aria-valuetext');
    expect(spoken).toMatch(/^-?\d+ to \d+: .+ % before, .+ % after$/);
    expect(await histogram.getAttribute('aria-valuenow')).toBe('39');
    expect(await histogram.locator('.read').textContent()).toBe(spoken);
    const bars = page.locator('.chart[data-direction=down]').first();
    await bars.locator('text.value').nth(1).hover();
    expect(await bars.locator('.read').textContent()).toMatch(/^United Air Lines Incorporated: .+ % before/);
    expect(await bars.locator('.cursor').count()).toBe(1);
  });

  it('reads the steps of a history', async () => {
    await open(documents.history!);
    const chart = page.locator('.chart').first();
    await chart.focus();
    expect(await chart.getAttribute('aria-valuetext')).toBe('000000000000, 2013-01-01: no values');
    await page.keyboard.press('ArrowRight');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(
      /^111111111111, 2013-02-01: .+ %.+; not on both sides$/,
    );
    await page.keyboard.press('End');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(
      /^555555555555, 2013-06-01: .+ %.+; [\d.]+×, (very strong|strong|clear), /,
    );
    expect(await page.locator('.steps tbody tr').count()).toBe(5);
  });

  it('works as well from a bundle, whose functions are other text', async () => {
    const outfile = join(folder, 'render.mjs');
    const entry = fileURLToPath(new URL('../../src/report/render.ts', import.meta.url));
    // As scripts/build.mjs does, and shorter still.
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
    });
    const bundled = (await import(pathToFileURL(outfile).href)) as { renderDrift: typeof renderDrift };
    await open(bundled.renderDrift(syntheticDrift(5), 'html', options));
    await page.locator('#order').selectOption('name');
    await page.evaluate(openDetails);
    await page.locator('.chart').first().focus();
    await page.keyboard.press('End');
    expect(await page.locator('.read').first().textContent()).toMatch(/before, .+ after$/);
  });

  it('orders numbers as numbers', async () => {
    await open(documents.profile!);
    await page.locator('#order').selectOption('missing down');
    expect(((await page.evaluate(shownNames)) as string[]).slice(0, 2)).toEqual(['note', 'dep_delay']);
    await page.locator('#order').selectOption('distinct down');
    expect(((await page.evaluate(shownNames)) as string[])[0]).toBe('dep_delay');
  });

  it('shows everything where scripts do not run', async () => {
    await open(documents.drift!, { javaScriptEnabled: false });
    expect(await page.locator('.card').count()).toBe(19);
    await page.locator('summary').first().click();
    expect(await page.locator('.chart').first().isVisible()).toBe(true);
    expect(await page.locator('.toolbar').isVisible()).toBe(false);
  });

  it('moves nothing for who wants no motion, and fits a phone', async () => {
    await open(documents.drift!, { reducedMotion: 'reduce', viewport: { width: 360, height: 740 } });
    expect(await page.evaluate('getComputedStyle(document.documentElement).scrollBehavior')).toBe('auto');
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it('stays usable with 2,000 features', async () => {
    await open(renderDrift(syntheticDrift(2000), 'html', options));
    await page.keyboard.press('/');
    await page.keyboard.type('carrier');
    const found = await page.locator('#shown').textContent();
    expect(found).toMatch(/^\d+ of 2000 shown$/);
    expect(found).not.toMatch(/^(0|2000) /);
  });

  it('writes JUnit that an XML parser reads', async () => {
    await open(documents.drift!);
    for (const report of [poisoned(syntheticDrift(19)), syntheticDrift(3)]) {
      const xml = JSON.stringify(renderDrift(report, 'junit', options));
      const read = `(() => { const doc = new DOMParser().parseFromString(${xml}, 'application/xml');
        return [doc.querySelectorAll('parsererror').length, doc.querySelectorAll('testcase').length]; })()`;
      expect(await page.evaluate(read)).toEqual([0, report.features.length + 2]);
    }
  });
});
