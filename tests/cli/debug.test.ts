import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/data/a.csv', 'id,name\n1,Ann\n');
  box.ok(['add', 'data']);
});
afterEach(() => box.remove());

function debugged(args: readonly string[]): string {
  box.env.VARVE_DEBUG = '1';
  const { code, out, err } = box.varve(args);
  delete box.env.VARVE_DEBUG;
  expect(code, out + err).toBe(0);
  return err;
}

test('VARVE_DEBUG shows what Git is asked, and what caches know', () => {
  expect(debugged(['status'])).toMatch(/^varve git: .*ls-files.* → 0, \d+ ms$/m);
  expect(debugged(['status'])).toMatch(/^varve cache: hit, 1 files of data$/m);
  box.write('repo/data/b.csv', 'id,name\n2,Bob\n');
  const added = debugged(['add', 'data']);
  expect(added).toMatch(/^varve cache: hit, profile of sha256:[0-9a-f]{64}$/m);
  expect(added).toMatch(/^varve cache: miss, profile of sha256:[0-9a-f]{64}$/m);
});

test('pushes say which objects were there', () => {
  box.withRemote();
  const url = box.path('remote');
  const pushed = debugged(['push']);
  expect(pushed).toContain('varve cache: miss, no earlier push found all there\n');
  expect(pushed).toContain(`varve cache: hits 0, misses 1, objects in ${url}\n`);
  expect(debugged(['push'])).toContain('varve cache: hit, an earlier push found all there\n');
});

test('without it, and with 0, nothing is said', () => {
  expect(box.varve(['status'])).toMatchObject({ code: 0, err: '' });
  box.env.VARVE_DEBUG = '0';
  expect(box.varve(['status'])).toMatchObject({ code: 0, err: '' });
});

test('names cannot steer the terminal', () => {
  box.write('repo/evil\u202egnp/f', 'x');
  box.ok(['add', 'evil\u202egnp']);
  const said = debugged(['status']);
  expect(said).toContain('evil\\u{202e}gnp');
  expect(said).not.toContain('\u202e');
});

describeWithMinio('requests', (server) => {
  test.each(['s3:/', 'minio://lab'])(
    'are shown with their attempts and without secrets: %s',
    async (scheme) => {
      Object.assign(box.env, server.env);
      let asked = 0;
      const faulty = await startFaultyS3(server.endpoint, () => (asked++ === 0 ? '503' : undefined));
      const bucket = await server.makeBucket();
      box.ok(['remote', 'add', 'lab', `${scheme}/${bucket}/data`, '--endpoint', faulty.endpoint]);
      box.env.VARVE_DEBUG = '1';
      const { code, err } = await box.later(['push']);
      delete box.env.VARVE_DEBUG;
      await faulty.close();
      expect(code, err).toBe(0);
      const requests = err.match(/^varve request: .*$/gm) ?? [];
      expect(requests).toHaveLength(faulty.seen.length);
      expect(requests[0]).toMatch(/ → 503, \d+ ms, attempt 1$/);
      expect(err).toMatch(/ → 404, \d+ ms, attempt 2$/m);
      expect(err).toContain(`varve request: PUT ${faulty.endpoint}/${bucket}/data/refs/`);
      for (const secret of [server.accessKey, server.secretKey, 'Signature=', 'Authorization'])
        expect(err).not.toContain(secret);
    },
  );
});
