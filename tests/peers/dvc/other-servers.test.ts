import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeWithAzurite } from '../../support/azurite.ts';
import { describeWithGcs } from '../../support/gcs.ts';
import { describeWithHadoop } from '../../support/hadoop.ts';
import { refused } from '../../support/refused.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { program } from '../../support/server-process.ts';
import { describeWithSshd } from '../../support/sshd.ts';
import { describeWithWeb } from '../../support/web-server.ts';

const dvc = program('VARVE_DVC', 'dvc');
const kinds = dvc === undefined ? '' : spawnSync(dvc, ['version'], { encoding: 'utf8' }).stdout;

/** Tests that need DVC with its plugin for a scheme. */
function describeWithPlugin(scheme: string, tests: () => void): void {
  if (new RegExp(`^\\s*${scheme} \\(`, 'm').test(kinds)) describe(`DVC with ${scheme}`, tests);
  else
    describe.skip(
      `DVC with ${scheme} (skipped: \`pip install "dvc[${scheme}]"\`, and name dvc in VARVE_DVC)`,
      tests,
    );
}

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.env.DVC_NO_ANALYTICS = '1';
});
afterEach(() => box.remove());

function runDvc(args: readonly string[], folder = 'repo'): void {
  const { code, err, out } = box.run(dvc!, args, folder);
  expect(code, err + out).toBe(0);
}

/** A repository of DVC whose data was pushed by DVC to a remote with these settings. */
function pushedByDvc(url: string, settings: Readonly<Record<string, string>>): void {
  box.write('repo/data/a.csv', 'id\n1\n');
  box.write('repo/data/b.bin', Buffer.alloc(300_000, 'b'));
  box.git(['init', '-q', '-b', 'main']);
  runDvc(['init', '-q']);
  runDvc(['remote', 'add', '-q', '-d', 'origin', url]);
  for (const [name, value] of Object.entries(settings))
    runDvc(['remote', 'modify', '-q', 'origin', name, value]);
  runDvc(['add', '-q', 'data']);
  box.commit('data');
}

function sameData(): void {
  for (const path of ['data/a.csv', 'data/b.bin'])
    expect(readFileSync(box.path('clone', path)).equals(readFileSync(box.path('repo', path))), path).toBe(
      true,
    );
}

function pulledByVarve(): void {
  box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
  refused(box, ['pull'], 'settings-untrusted', 'origin', 'clone');
  box.ok(['trust'], 'clone');
  box.ok(['pull'], 'clone');
  sameData();
  box.ok(['verify', '--remote', 'origin'], 'clone');
}

function bothWays(url: string, settings: Readonly<Record<string, string>> = {}): void {
  pushedByDvc(url, settings);
  runDvc(['push', '-q']);
  pulledByVarve();
  box.write('clone/data/a.csv', 'id\n2\n');
  box.ok(['add', 'data'], 'clone');
  box.commit('more', 'clone');
  box.ok(['push'], 'clone');
  box.git(['pull', '-q', box.path('clone'), 'main']);
  rmSync(box.path('repo/.dvc/cache'), { recursive: true });
  runDvc(['pull', '-q', '--force']);
  sameData();
}

describeWithPlugin('gs', () => {
  describeWithGcs('on Google Cloud Storage', (server) => {
    test('what DVC pushed varve pulls, and the other way', async () => {
      bothWays(`gs://${await server.makeBucket()}/store`, { endpointurl: server.endpoint });
    });
  });
});

describeWithPlugin('azure', () => {
  describeWithAzurite('on Azure', (server) => {
    test('what DVC pushed varve pulls, and the other way', async () => {
      const settings = { connection_string: server.connection };
      bothWays(`azure://${await server.makeContainer()}/store`, settings);
      expect(box.ok(['trust', '--list'], 'clone')).not.toContain(server.env.AZURE_STORAGE_KEY);
    });
  });
});

describeWithPlugin('ssh', () => {
  describeWithSshd('at an SSH server', (server) => {
    test('what DVC pushed varve pulls, and the other way', () => {
      cpSync(join(server.home, '.ssh'), box.path('.ssh'), { recursive: true });
      const folder = server.makeFolder();
      bothWays(`ssh://127.0.0.1${folder}/store`, {
        user: server.user,
        port: String(server.port),
        keyfile: box.path('.ssh/id_ed25519'),
      });
    });
  });
});

describeWithPlugin('webhdfs', () => {
  describeWithHadoop('on HDFS', (server) => {
    test('what DVC pushed varve pulls, and the other way', async () => {
      const url = `webhdfs://127.0.0.1:${server.port}${await server.makeFolder()}/store`;
      bothWays(url, { user: 'ann' });
    });
  });
});

describeWithPlugin('http', () => {
  describeWithWeb('at a web server', (server) => {
    test('what lies there varve pulls, and does not push', () => {
      pushedByDvc(`${server.url}/store`, {});
      cpSync(box.path('repo/.dvc/cache'), join(server.root, 'store'), { recursive: true });
      pulledByVarve();
      box.write('clone/data/a.csv', 'id\n2\n');
      box.ok(['add', 'data'], 'clone');
      refused(box, ['push'], 'remote-read-only', server.url, 'clone');
    });
  });
});
