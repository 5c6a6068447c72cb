import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.repository();
});
afterEach(() => box.remove());

describeWithWeb('a remote at a web server', (server) => {
  test('is pulled from by a clone that agreed to it, and never pushed to', () => {
    box.withRemote();
    box.ok(['remote', 'add', 'web', `${server.url}/store`]);
    const write = (value: string) => {
      box.write('repo/data.csv', `id\n${`${value}\n`.repeat(50)}`);
      box.write('repo/many/a.txt', value);
      box.write('repo/many/b.bin', Buffer.alloc(2_000_000, value));
      box.ok(['add', 'data.csv', 'many']);
      box.commit(value);
    };
    write('1');
    box.ok(['push', '--remote', 'origin']);
    write('2');
    box.ok(['push', '--remote', 'origin']);
    cpSync(box.path('remote'), join(server.root, 'store'), { recursive: true });

    box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
    refused(box, ['pull', '--remote', 'web'], 'settings-untrusted', 'web', 'clone');
    box.ok(['trust'], 'clone');
    // The web server alone has it now.
    rmSync(box.path('remote'), { recursive: true });
    box.ok(['pull', '--remote', 'web'], 'clone');
    const read = (folder: string, path: string) => readFileSync(box.path(folder, path));
    for (const path of ['data.csv', 'many/a.txt', 'many/b.bin'])
      expect(read('clone', path).equals(read('repo', path)), path).toBe(true);
    box.ok(['remote', 'default', 'web', '--local'], 'clone');
    expect(box.ok(['cat', 'many/a.txt@HEAD~1'], 'clone')).toBe('1');
    box.ok(['verify', '--remote', 'web'], 'clone');
    box.ok(['du', '--remote', 'web'], 'clone');
    box.write('clone/data.csv', 'id\n7\n');
    box.ok(['add', 'data.csv'], 'clone');
    for (const words of [['push'], ['gc'], ['purge', 'data.csv@HEAD~1', '--force']]) {
      const err = refused(box, [...words, '--remote', 'web'], 'remote-read-only', server.url, 'clone');
      expect(err).toContain('Run this of the place that the server has its files from');
      expect(err).not.toContain('Push');
    }
  });

  test('that is not there, or is a file, is told as that, and so is data in place', () => {
    writeFileSync(join(server.root, 'alone.csv'), 'n\n1\n');
    box.ok(['remote', 'add', 'nothing', `${server.url}/nothing`]);
    box.ok(['remote', 'add', 'file', `${server.url}/alone.csv`]);
    const typed = `${server.url}/alon.csv`;
    for (const [words, url] of [
      [['add', typed, '--to', 'data/a.csv'], typed],
      [['verify', '--remote', 'nothing'], `${server.url}/nothing`],
    ] as const) {
      const err = refused(box, words, 'listing-missing', url);
      expect(err).toContain(`The web server answers 404 for ${url}: there is no such file`);
      expect(err).toContain('Check the URL for mistakes');
    }
    expect(refused(box, ['verify', '--remote', 'file'], 'listing-missing', 'alone.csv')).toContain(
      'is a file',
    );
  });

  test('whose packs are damaged is told of as damaged, not as without the data, and so is a folder', () => {
    box.withRemote();
    box.ok(['remote', 'add', 'web', `${server.url}/damaged`]);
    box.write('repo/many/a.txt', 'a');
    box.write('repo/many/b.bin', randomBytes(100_000));
    box.ok(['add', 'many']);
    box.commit('many');
    box.ok(['push', '--remote', 'origin']);
    const packs = readdirSync(box.path('remote/packs'));
    let told = 0;
    const whole = new Map(packs.map((name) => [name, readFileSync(box.path('remote/packs', name))]));
    box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
    box.ok(['trust'], 'clone');
    for (const name of packs) {
      // One pack of all: the list of files, their statistics, or their bytes.
      for (const [other, bytes] of whole)
        writeFileSync(box.path('remote/packs', other), other === name ? bytes.subarray(0, 16) : bytes);
      cpSync(box.path('remote'), join(server.root, 'damaged'), { recursive: true });
      for (const remote of ['web', 'origin']) {
        rmSync(box.path('clone'), { recursive: true, force: true });
        box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
        const pulled = box.varve(['pull', '--remote', remote, '--json'], 'clone');
        // Statistics are made anew where they cannot be had.
        if (pulled.code === 0) continue;
        const { error } = JSON.parse(pulled.out) as { error: { code: string; remedy: string } };
        expect([remote, error.code, error.remedy]).toEqual([
          ...[remote, 'digest-mismatch', expect.stringContaining('varve verify')],
        ]);
        told++;
      }
    }
    // That of the list, and that of the bytes.
    expect(told).toBeGreaterThanOrEqual(4);
  });

  test('that lists nothing, has nothing, or damages what it sends is named', () => {
    writeFileSync(join(server.root, 'index.html'), '<title>Home</title>');
    box.ok(['remote', 'add', 'origin', server.url]);
    box.write('repo/data.csv', 'id\n1\n');
    box.ok(['add', 'data.csv']);
    refused(box, ['verify', '--remote', 'origin'], 'listing-missing', server.url);
    rmSync(join(server.root, 'index.html'));
    const add = (url: string, ...more: string[]): string[] => ['remote', 'add', 'x', url, ...more];
    refused(box, add('https://ann:hush@host/data'), 'remote-url-invalid', 'credentials');
    refused(box, add('https://host/data?token=hush'), 'remote-url-invalid', 'query');
    refused(box, add('https://host/a/../b'), 'remote-url-invalid', '..');
    refused(box, add('https://host/data', '--region', 'x'), 'setting-unsupported', 'https');
  });
});
