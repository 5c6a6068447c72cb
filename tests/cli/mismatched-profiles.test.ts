import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import { RED } from '../support/page-repository.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

describeWithWeb('statistics that travel with a version, and count other files than it has', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    box = new Sandbox().repository().withRemote();
    for (const number of [1, 2, 3]) {
      mkdirSync(join(server.root, 'images'), { recursive: true });
      writeFileSync(join(server.root, `images/${number}.png`), Buffer.concat([RED, Buffer.from([number])]));
      box.write(`repo/here/${number}.txt`, `${number}`);
    }
    box.write('repo/one/a.txt', 'a');
    // As many files, of other sizes.
    for (const number of [1, 2, 3]) box.write(`repo/three/${number}.txt`, `${number}${number}`);
    box.ok(['add', 'here', 'one', 'three']);
  });
  afterAll(() => box?.remove());

  const pointer = (path: string) => readFileSync(box.path(`repo/${path}.varve`), 'utf8');
  const files = (text: string): number => (JSON.parse(text) as Profile).tables.at(-1)!.rows;
  /** Have a pointer name the statistics of another dataset. */
  const take = (path: string, from: string) => {
    const [line] = /profile: .*\n/.exec(pointer(from))!;
    const text = pointer(path).replace(/profile: .*\n/, '');
    box.write(`repo/${path}.varve`, text.replace(/(files: .*\n)/, `$1${line}`));
  };

  test('of data in place they are refused or computed anew, and add makes them', () => {
    box.ok(['add', `${server.url}/images/`, '--to', 'images']);
    take('images', 'one');
    box.commit('wrong');
    refused(box, ['profile', 'images'], 'profile-mismatch', 'count 1 file of 1 byte, and it has 3 files');
    refused(box, ['drift', 'images@HEAD', 'here'], 'profile-mismatch', 'images@HEAD');
    refused(box, ['drift', 'images', 'images@HEAD'], 'profile-mismatch', 'images');
    expect(box.varve(['describe', 'images']).err).toContain('count 1 file');
    const anew = box.varve(['profile', 'images', '--engine', 'local', '--json']);
    expect([anew.code, files(anew.out)]).toEqual([0, 3]);
    expect(anew.err).toContain('computed anew');
    const told = refused(box, ['drift', '--history', 'images'], 'profile-mismatch', 'images@');
    const [, command] = /`varve (add [^`]+)`/.exec(told)!;
    expect(command).toBe(
      `add ${server.url}/images/ --to images --statistics full`.replace('images/ ', 'images '),
    );
    const made = box.varve(command!.split(' '));
    expect([made.code, made.err]).toEqual([0, '']);
    expect(files(box.ok(['profile', 'images', '--json']))).toBe(3);
    expect(box.varve(command!.split(' ')).out).toContain('unchanged');
    // Against the version that has the wrong ones, no check passes.
    const { code, out } = box.varve(['check', '--base', 'HEAD', '--json']);
    expect([code, out]).toEqual([2, expect.stringContaining('profile-mismatch')]);
  });

  test('of data here they are computed anew, and the remedy makes them', () => {
    for (const from of ['one', 'three']) {
      take('here', from);
      const anew = box.varve(['profile', 'here', '--json']);
      expect([anew.code, files(anew.out)], anew.err).toEqual([0, 3]);
      expect(anew.err).toContain(
        'take the lines `rows` and `profile` out of here.varve, and run `varve add here`',
      );
      expect(box.ok(['diff', 'HEAD', '--json'])).not.toContain('"statistics"');
    }
    box.write('repo/here.varve', pointer('here').replace(/profile: .*\n/, ''));
    box.ok(['add', 'here']);
    const right = box.varve(['profile', 'here', '--json']);
    expect([files(right.out), right.err]).toEqual([3, '']);
  });
});

describe('statistics of a table that a version of other rows names', () => {
  let box: Sandbox;
  beforeAll(() => {
    box = new Sandbox().repository().withRemote();
    box.write('repo/g.csv', `x\n${'1\n'.repeat(1000)}`);
    box.write('repo/h.csv', `x\n${'7\n'.repeat(5)}`);
    for (const name of ['a', 'b', 'c']) box.write(`repo/d/${name}.csv`, `x\n${'7\n'.repeat(10)}`);
    for (const name of ['h.csv', 'd'])
      box.write(
        `repo/${name}.schema.yaml`,
        'varveSchema: 1\nfeatures:\n  x: { type: integer, range: { max: 1 } }\n',
      );
    box.ok(['add', 'g.csv', 'h.csv', 'd']);
    box.commit('right');
    const [line] = /profile: .*\n/.exec(readFileSync(box.path('repo/g.csv.varve'), 'utf8'))!;
    for (const name of ['h.csv', 'd']) {
      const pointer = box.path(`repo/${name}.varve`);
      writeFileSync(pointer, readFileSync(pointer, 'utf8').replace(/profile: .*\n/, line));
    }
    box.commit('wrong');
  });
  afterAll(() => box?.remove());

  test('passes no gate: the data is asked where it is here, and else they are refused', () => {
    const own = {
      'h.csv': [5, 'count 1,000 rows, and it has 5'],
      d: [30, 'count no files, and it has 3 files'],
    };
    box.ok(['push']);
    box.clone('repo', 'clone');
    box.ok(['fetch', '--profiles-only'], 'clone');
    for (const [name, [rows, why]] of Object.entries(own)) {
      const { code, out, err } = box.varve(['validate', name, '--json']);
      expect([code, JSON.parse(out).dataset.rows]).toEqual([1, rows]);
      expect(err).toContain(why);
      expect(err).toContain('computed anew');
      const gate = box.varve(['validate', name, '--json'], 'clone');
      expect([gate.code, gate.out]).toEqual([2, expect.stringContaining('profile-mismatch')]);
      expect(gate.out).toContain(why);
    }
    for (const name of Object.keys(own))
      box.write(`clone/${name}.schema.yaml`, 'varveSchema: 1\nfeatures:\n  x: { type: integer }\n');
    box.commit('schema', 'clone');
    const { code, out } = box.varve(['check', '--base', 'HEAD~1', '--json'], 'clone');
    expect([code, out]).toEqual([2, expect.stringContaining('profile-mismatch')]);
  });
});
