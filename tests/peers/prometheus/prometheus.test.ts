import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { installed } from '../../report/peers.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { type ServeProcess, startServe } from '../../support/serve-process.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples');
const promtool = installed('promtool');
const prometheus = installed('prometheus');
const analyze = installed('systemd-analyze');

interface Target {
  readonly expr: string;
}
interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly Target[];
}
const dashboard = JSON.parse(readFileSync(join(EXAMPLES, 'grafana', 'varve-dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
};

describe.skipIf(promtool === undefined)('alerts (skipped where promtool is not installed)', () => {
  it('fire when they should, and not otherwise', () => {
    const folder = join(EXAMPLES, 'prometheus');
    for (const words of [
      ['check', 'rules', 'varve-alerts.yml'],
      ['test', 'rules', 'varve-alerts.test.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync(promtool!, words, { cwd: folder, encoding: 'utf8' });
      expect(status, stdout + stderr).toBe(0);
    }
  });

  it('are each tested', () => {
    const rules = parse(readFileSync(join(EXAMPLES, 'prometheus', 'varve-alerts.yml'), 'utf8'));
    const tests = readFileSync(join(EXAMPLES, 'prometheus', 'varve-alerts.test.yml'), 'utf8');
    for (const { alert } of rules.groups[0].rules)
      expect(tests).toContain(`alertname: ${alert}\n        exp_alerts:`);
  });
});

describe('the dashboard', () => {
  it('has panels that do not overlap, and names no variable that it lacks', () => {
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          expect(x).toBeLessThan(24);
          taken.add(`${x},${y}`);
        }
    const known = new Set(['__rate_interval', ...dashboard.templating.list.map(({ name }) => name)]);
    for (const [, name] of JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g))
      if (name !== '__all') expect(known).toContain(name);
  });
});

describe.skipIf(prometheus === undefined)(
  'a real Prometheus (skipped where prometheus is not installed)',
  () => {
    let box: Sandbox;
    let server: ServeProcess;
    let scraper: ChildProcess;
    let base: string;

    afterAll(async () => {
      scraper?.kill();
      await server?.stop();
      box?.remove();
    });

    async function query(
      expr: string,
    ): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> {
      const answer = await fetch(`${base}/api/v1/query?${new URLSearchParams({ query: expr })}`);
      const found = (await answer.json()) as { status: string; data: { result: never[] }; error?: string };
      expect(found.status, `${expr}: ${found.error}`).toBe('success');
      return found.data.result;
    }

    it('scrapes the server, fires the alert of drift, and answers every panel of the dashboard', async () => {
      box = new Sandbox();
      box.repository();
      box.write(
        'repo/x.csv',
        `a,b\n${Array.from({ length: 300 }, (_, at) => `${at % 30},n${at % 3}`).join('\n')}\n`,
      );
      box.ok(['add', 'x.csv']);
      box.ok(['schema', 'infer', 'x.csv']);
      box.commit('one');
      const key = box.json<{ id: string; secret: string }>(['serve', 'key', 'add']);
      server = await startServe(box, ['--observe', 'x.csv@HEAD', '--window', '100', '--state', '../state']);
      await startPrometheus(key);
      const rows = Array.from({ length: 100 }, (_, at) => ({ a: 500 + at, b: 'n1' }));
      const posted = await fetch(`${server.url}/v1/observe/x.csv`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`,
        },
        body: JSON.stringify(rows),
      });
      expect(posted.status).toBe(202);
      const waiting = { timeout: 60_000, interval: 500 };
      await vi.waitFor(async () => {
        const alerts = (await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric.alertname);
        expect(alerts).toContain('VarveDrift');
        expect(alerts).toContain('VarveSchemaAnomalies');
      }, waiting);
      expect((await query('up'))[0]!.value[1]).toBe('1');
      for (const { title, targets } of dashboard.panels)
        for (const { expr } of targets) {
          const asked = expr.replaceAll('$__rate_interval', '10s').replaceAll('$dataset', '.*');
          await vi.waitFor(async () => expect(await query(asked), title).not.toEqual([]), waiting);
        }
    });

    /** With the configuration of examples/, but for the address, the key and the haste. */
    async function startPrometheus({ id, secret }: { id: string; secret: string }): Promise<void> {
      const folder = box.path('prometheus');
      mkdirSync(folder);
      const config = parse(readFileSync(join(EXAMPLES, 'prometheus', 'prometheus.yml'), 'utf8'));
      config.global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
      config.scrape_configs[0].basic_auth.username = id;
      config.scrape_configs[0].static_configs[0].targets = [new URL(server.url).host];
      writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
      writeFileSync(join(folder, 'varve-secret'), secret);
      copyFileSync(join(EXAMPLES, 'prometheus', 'varve-alerts.yml'), join(folder, 'varve-alerts.yml'));
      base = `http://127.0.0.1:${await freePort()}`;
      const words = [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${new URL(base).host}`,
      ];
      scraper = spawn(prometheus!, words, { cwd: folder, stdio: 'ignore' });
      await vi.waitFor(async () => expect((await fetch(`${base}/-/ready`)).status).toBe(200), {
        timeout: 30_000,
        interval: 200,
      });
    }
  },
);

async function freePort(): Promise<number> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  return port;
}

it.skipIf(analyze === undefined)(
  'systemd accepts the unit, but for programs that are not here (skipped where systemd-analyze is not installed)',
  () => {
    const unit = join(EXAMPLES, 'systemd', 'varve-serve.service');
    const { stderr } = spawnSync(analyze!, ['verify', unit], { encoding: 'utf8' });
    const lines = stderr.split('\n').filter((line) => line.includes('varve-serve.service'));
    expect(lines.filter((line) => !line.includes('is not executable'))).toEqual([]);
  },
);
