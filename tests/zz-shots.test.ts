import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import { Sandbox } from '/work/w/page/tests/support/sandbox.ts';
import { startServe } from '/work/w/page/tests/support/serve-process.ts';
import { pageRepository } from '/work/w/page/tests/support/page-repository.ts';
import { test } from 'vitest';
test('shots', async () => {
  const box = new Sandbox(); pageRepository(box);
  const server = await startServe(box, ['--anonymous']);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  mkdirSync('/work/tools/page-shots', { recursive: true });
  const b = `${server.url}/ui/repo`;
  const views: Record<string,string> = { datasets: `${b}/datasets/main`, versions: `${b}/versions/main/flights.csv`, profile: `${b}/profile/main/flights.csv`, drift: `${b}/drift/main/flights.csv`,
    history: `${b}/history/main/flights.csv`, one: `${b}/history/main/flights.csv?feature=carrier`, schema: `${b}/schema/main/flights.csv`, files: `${b}/files/main/photos`, file: `${b}/files/main/photos/people.csv`, text: `${b}/files/main/photos/notes.txt`, image: `${b}/files/main/photos/red.png`,
    flightfile: `${b}/files/main/flights.csv`, search: `${b}/search/main?q=a`, revisions: `${b}/revisions/main`, missing: `${b}/versions/main/nothing` };
  for (const [width, scheme] of [[400,'light'],[1400,'light'],[400,'dark'],[1400,'dark']] as const) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    page.on('console', (m) => console.log(width, m.text())); page.on('pageerror', (e) => console.log(width, e.message));
    for (const [name, url] of Object.entries(views)) {
      await page.goto(url, { waitUntil: 'load' });
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (Number(over) > 0) console.log('WIDE', width, name, over);
      const height = Math.min(1800, Number(await page.evaluate('document.documentElement.scrollHeight')));
      await page.screenshot({ path: `/work/tools/page-shots/${name}-${width}-${scheme}.png`, clip: { x: 0, y: 0, width, height }, fullPage: true });
    }
    await page.close();
  }
  await browser.close();
  console.log(server.log().split('\n').filter((l) => !l.includes('"status":200')).slice(0, 20).join('\n'));
  await server.stop(); box.remove();
}, 300000);
