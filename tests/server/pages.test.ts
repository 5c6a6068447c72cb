import axe from 'axe-core';
import { Client } from 'minio';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installed } from '../report/peers.ts';
import { ACTING, LONG, pageRepository, RED } from '../support/page-repository.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

const executablePath = process.env.VARVE_CHROMIUM ?? installed('chromium');

let box: Sandbox;
let server: ServeProcess;

beforeAll(async () => {
  box = new Sandbox();
  pageRepository(box);
  server = await startServe(box, ['--anonymous']);
});
afterAll(async () => {
  await server.stop();
  box.remove();
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(server.url + path, { headers, method, redirect: 'manual' });
}

async function text(path: string): Promise<string> {
  const answer = await get(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text();
}

const FLIGHTS = 'main/flights.csv';
/** Every kind of page, at `/ui/repo/`. */
const PAGES = [
  'datasets/main',
  `versions/${FLIGHTS}`,
  `profile/${FLIGHTS}`,
  `drift/${FLIGHTS}`,
  `history/${FLIGHTS}`,
  `history/${FLIGHTS}?feature=carrier`,
  `schema/${FLIGHTS}`,
  `schema/main/photos`,
  `files/${FLIGHTS}`,
  'files/main/photos',
  'files/main/photos/people.csv',
  'files/main/photos/notes.txt',
  'files/main/photos/red.png',
  'files/main/photos/drawing.svg',
  'search/main?q=a',
  'revisions/main',
];

test('a browser that asks for the server comes to the datasets; S3 does not', async () => {
  const steps = ['/'];
  for (let at = 0; at < 5; at++) {
    const answer = await get(steps.at(-1)!, { Accept: 'text/html,*/*' });
    if (answer.status === 200) break;
    expect(answer.status).toBe(302);
    steps.push(answer.headers.get('location')!);
  }
  expect(steps).toEqual(['/', '/ui/', '/ui/repo/datasets/main']);
  expect(await text('/')).toContain('ListAllMyBucketsResult');
});

test('bytes of the data are an image by what they are, and else something to save', async () => {
  const bytes = (name: string, query = ''): Promise<Response> =>
    get(`/ui/repo/bytes/main/photos/${encodeURIComponent(name)}${query}`);
  const red = await bytes('red.png');
  expect(red.headers.get('content-type')).toBe('image/png');
  expect(red.headers.get('content-disposition')).toBeNull();
  expect(Buffer.from(await red.arrayBuffer())).toEqual(RED);
  for (const name of ['drawing.svg', 'svg-in-disguise.png', 'page.html', ACTING, 'people.csv']) {
    const { headers, status } = await bytes(name);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/);
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
  const saved = await bytes('red.png', '?save=1');
  expect(saved.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''red.png");
  const commit = box.git(['rev-parse', 'main']).trim();
  const fixed = await get(`/ui/repo/bytes/${commit}/photos/red.png`);
  expect(fixed.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  expect(saved.headers.get('cache-control')).toBe('private, no-cache');
});

test('names and texts of anyone are text, and no page loads or runs anything of another place', async () => {
  for (const page of PAGES) {
    const answer = await get(`/ui/repo/${page}`);
    const { headers, status } = answer;
    const html = await answer.text();
    expect([page, status]).toEqual([page, 200]);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(html).not.toContain('<img src=x');
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('\u202e');
  }
  const people = (await text('/ui/repo/files/main/photos/people.csv')).replaceAll('<wbr>', '');
  expect(people).toContain('<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>');
  expect(people).toContain('القاهرة');
  expect((await text('/ui/repo/files/main/photos')).replaceAll('<wbr>', '')).toContain(LONG.slice(0, 60));
});

test('an address leads to what it names, and else says what is missing', async () => {
  const refused = async (path: string, status: number, said: string): Promise<void> => {
    const answer = await get(path);
    const html = await answer.text();
    expect([path, answer.status, html.includes(said)]).toEqual([path, status, true]);
    expect(html).not.toContain(box.root);
  };
  await refused('/ui/nothing/', 404, 'There is no page at this address');
  await refused('/ui/repo/nothing/main', 404, 'There is no page at this address');
  await refused('/ui/repo/toString/main', 404, 'There is no page at this address');
  await refused('/ui/repo/datasets/nothing', 404, 'nothing names no commit');
  await refused('/ui/repo/datasets/--all', 404, 'names no commit');
  await refused('/ui/repo/datasets/nothing', 404, 'See <code>git log</code>');
  await refused('/ui/repo/profile/main/nothing.csv', 404, 'There is no dataset at nothing.csv in');
  await refused('/ui/repo/files/main/photos/nothing.txt', 404, 'photos has nothing at photos/nothing.txt');
  await refused('/ui/repo/bytes/main/photos/..%2f..%2fflights.csv', 404, 'There is no page');
  await refused('/ui/repo/bytes/main/.varve/config.yaml', 404, 'has nothing at');
  await refused('/ui/repo/bytes/main/flights.csv.varve', 404, 'has nothing at');
  expect((await get('/ui/repo/files/main/%E0%A4%A')).status).toBe(400);
  await refused('/ui/repo/schema/main/flights.csv?environment=nowhere', 409, 'nowhere');
  expect(await text('/ui/repo/datasets/team..sp%C3%A4ter')).toContain('team/später');
  expect((await get('/ui/repo/datasets/main', {}, 'POST')).status).toBe(403);
  expect((await get('/ui/repo/datasets/main', {}, 'HEAD')).status).toBe(200);
});

test('who has no key sees nothing, and a browser is asked for one', async () => {
  const key = box.json<{ id: string; secret: string }>(['serve', 'key', 'add']);
  const closed = await startServe(box);
  const ask = (path: string, word?: string): Promise<Response> =>
    fetch(closed.url + path, {
      headers: word === undefined ? {} : { Authorization: `Basic ${Buffer.from(word).toString('base64')}` },
    });
  for (const path of ['/ui/', '/ui/repo/datasets/main', '/ui/repo/bytes/main/photos/red.png', '/ui/x']) {
    for (const word of [undefined, 'x', `${key.id}:`, `${key.id}:${key.secret}x`, `:${key.secret}`, 'a:b']) {
      const answer = await ask(path, word);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        'Basic realm="varve", charset="UTF-8"',
      ]);
      expect(await answer.text()).not.toContain('flights');
    }
  }
  expect(await (await ask('/ui/', `${key.id}:${key.secret}`)).text()).toContain('flights.csv');
  // What is for the holder of a key alone, no cache that others share may keep.
  const commit = box.git(['rev-parse', 'main']).trim();
  const { hostname, port } = new URL(closed.url);
  const s3 = { endPoint: hostname, port: Number(port), useSSL: false, region: 'us-east-1' };
  const client = new Client({ ...s3, accessKey: key.id, secretKey: key.secret });
  const signed = await Promise.all([
    client.presignedGetObject('repo', `${commit}/photos/red.png`, 60),
    client.presignedUrl('HEAD', 'repo', `${commit}/photos/red.png`, 60),
    client.presignedUrl('GET', 'repo', '', 60, { 'list-type': '2' }),
    client.presignedGetObject('repo', 'main/nothing', 60),
  ]);
  const own = [
    `/ui/repo/bytes/${commit}/photos/red.png`,
    `/ui/repo/profile/${commit}/flights.csv`,
    '/metrics',
    '/v1/observe',
    '/ui/x',
  ];
  const held = await Promise.all([
    ...own.map((path) => ask(path, `${key.id}:${key.secret}`)),
    ...signed.map((address, at) => fetch(address, { method: at === 1 ? 'HEAD' : 'GET' })),
  ]);
  expect(held.map(({ status }) => status)).toEqual([200, 200, 200, 200, 404, 200, 200, 200, 404]);
  for (const { url, headers } of held)
    expect([url, headers.get('cache-control')]).toEqual([
      url,
      expect.stringMatching(/^(private|no-store)\b/),
    ]);
  expect(closed.log()).not.toContain(key.secret);
  await closed.stop();
});

test('statistics that are not here are told of, and never in the way of the rest', async () => {
  box.clone('repo', 'other');
  const other = await startServe(box, ['--anonymous', '--repo', box.path('other'), box.path('repo')]);
  const page = async (path: string): Promise<[number, string]> => {
    const answer = await fetch(`${other.url}/ui/${path}`);
    return [answer.status, await answer.text()];
  };
  expect((await page(''))[1]).toContain('2 repositories');
  const [listed, versions] = await page('other/versions/main/flights.csv');
  expect(listed).toBe(200);
  expect(versions).toContain('>compare</a>');
  const [status, told] = await page('other/profile/main/flights.csv');
  expect(status).toBe(409);
  expect(told).toContain('are not on this server');
  expect((await page('other/search/main?q=flights'))[1]).toContain('flights.csv');
  await other.stop();
});

describe.skipIf(executablePath === undefined)('in Chromium (skipped where none is installed)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  async function open(
    more: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; trouble: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, ...more });
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(message.text()));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('dialog', (dialog) => trouble.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:'))
        trouble.push(`request: ${request.url()}`);
    });
    return { page, trouble };
  }

  const heading = (page: Page): Promise<string | null> => page.locator('h1').textContent();

  test('a person finds what changed, when, by whom, and why', async () => {
    const { page, trouble } = await open();
    await page.goto(server.url);
    expect(await heading(page)).toMatch(/^2 datasets, /);
    await page.getByRole('link', { name: 'flights.csv' }).click();
    expect(await heading(page)).toBe('flights.csv: 3 versions');
    const rows = page.locator('.log tbody tr');
    expect(await rows.locator('small').first().textContent()).toBe('الرحلات: الإصدار الثالث');
    expect(await rows.locator('td:last-child').allTextContents()).toEqual(
      ['Drift', 'Drift', 'the first'].map((word) => `${word}\n`),
    );
    await page
      .getByLabel(/^before:/)
      .last()
      .check();
    await page.getByRole('button', { name: 'Compare the chosen two' }).click();
    expect(await heading(page)).toMatch(/drifted: .*carrier/);
    const address = page.url();
    expect(address).toMatch(/\/ui\/repo\/drift\/main\/flights\.csv\?after=[0-9a-f]{12}&before=[0-9a-f]{12}$/);
    await page.keyboard.press('/');
    await page.keyboard.type('carrier');
    expect(await page.locator('#shown').textContent()).toBe('1 of 19 shown');
    await page.getByRole('link', { name: 'History' }).click();
    expect(await page.locator('.card').count()).toBe(19);
    await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('carrier');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'carrier' }).click();
    expect(await page.locator('.card').count()).toBe(1);
    expect(await page.locator('.card .reasons').textContent()).toContain('new value "ZZ"');
    await page.getByRole('link', { name: 'Schema' }).click();
    expect(await heading(page)).toMatch(/^Error \d errors? in \d features?$/);
    await page.getByRole('link', { name: 'Files' }).click();
    expect(await page.locator('.wide-table tbody tr').count()).toBe(20);
    // Whoever gets the address sees the same.
    await page.goto(address);
    expect(await heading(page)).toMatch(/drifted: .*carrier/);
    await page.close();
    expect(trouble).toEqual([]);
  });

  test('images are shown, and what only says that it is one is not', async () => {
    const { page, trouble } = await open();
    await page.goto(`${server.url}/ui/repo/files/main/photos`);
    const shown = `[...document.querySelectorAll('.tiles img')].map((image) => image.complete && image.naturalWidth)`;
    await page.waitForLoadState('networkidle');
    expect(await page.evaluate(shown)).toEqual([48, 48, 0]);
    await page.getByRole('link', { name: '사진/' }).click();
    expect(await page.locator('.trail').textContent()).toContain('사진');
    await page.getByRole('link', { name: '파랑.png' }).first().click();
    await page.waitForLoadState('load');
    expect(await page.evaluate(`document.querySelector('.shown').naturalWidth`)).toBe(48);
    await page.close();
    expect(trouble).toEqual([]);
  });

  test.each([
    ['light', {}],
    ['dark', { runOnly: ['color-contrast'] }],
  ] as const)('every page is accessible and fits a phone (%s)', async (colorScheme, rules) => {
    const { page, trouble } = await open({ colorScheme, viewport: { width: 400, height: 800 } });
    for (const path of PAGES) {
      await page.goto(`${server.url}/ui/repo/${path}`);
      await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
      expect([path, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([
        path,
        0,
      ]);
      await page.evaluate(axe.source);
      const options = JSON.stringify({ resultTypes: ['violations'], ...rules });
      const found = `axe.run(document, ${options}).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 2).map(({ html }) => html.slice(0, 120)).join(' | ')))`;
      expect([path, await page.evaluate(found)]).toEqual([path, []]);
    }
    await page.close();
    expect(trouble).toEqual([]);
  });

  test('everything can be read without scripts, and reached by keyboard', async () => {
    const { page, trouble } = await open({ javaScriptEnabled: false });
    for (const path of PAGES) {
      await page.goto(`${server.url}/ui/repo/${path}`);
      expect((await heading(page))!.length).toBeGreaterThan(3);
    }
    await page.goto(`${server.url}/ui/repo/versions/${FLIGHTS}`);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
    await page
      .getByLabel(/^after:/)
      .first()
      .focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/profile\//);
    await page.close();
    expect(trouble).toEqual([]);
  });
});
