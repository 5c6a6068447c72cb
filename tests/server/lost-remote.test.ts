import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FaultyTcp, startFaultyTcp } from '../support/faulty-tcp.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { seededBytes } from '../support/stores.ts';

const WHOLE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(1, 24_000_000)]);

describeWithMinio('a server of a clone without data, whose remote breaks off', (minio) => {
  let box: Sandbox;
  let way: FaultyTcp;
  let server: ServeProcess;

  beforeAll(async () => {
    box = new Sandbox().repository();
    way = await startFaultyTcp(Number(new URL(minio.endpoint).port));
    Object.assign(box.env, minio.env, { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${way.port}` });
    box.write('repo/whole.png', WHOLE);
    box.write('repo/small.txt', 'small');
    box.ok(['add', 'whole.png', 'small.txt']);
    const url = `s3://${await minio.makeBucket()}/team`;
    expect(await box.later(['remote', 'add', 'origin', url])).toMatchObject({ code: 0 });
    box.commit('one');
    expect(await box.later(['push'])).toMatchObject({ code: 0 });
    box.clone('repo', 'clone');
    server = await startServe(box, ['--anonymous'], 'clone');
  });
  afterAll(async () => {
    await server?.stop();
    await way?.close();
    box?.remove();
  });

  const get = (path: string): Promise<Response> => fetch(`${server.url}/clone/main/${path}`);

  test('answers an error, tells of it in the log, goes on, and reads when the remote is back', async () => {
    // What has begun breaks off in the middle, and whatever is tried after that at once.
    let connections = 0;
    way.breakAfter = () => (connections++ < 2 ? 3_000_000 : 0);
    const answers = await Promise.all([get('whole.png'), get('whole.png')]);
    for (const answer of [...answers, await get('small.txt')]) {
      expect(answer.status).toBeGreaterThanOrEqual(500);
      const said = await answer.text();
      expect(said).toContain('<Code>');
      expect(said).not.toContain(box.root);
      expect(said).not.toContain(minio.secretKey);
    }
    expect(server.log()).toContain('"level":"error"');
    expect(server.log()).toContain('remote-');
    expect(server.log()).not.toContain('a defect of varve');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    way.breakAfter = () => undefined;
    await expect.poll(async () => (await get('small.txt')).status, { timeout: 20_000 }).toBe(200);
    const whole = await get('whole.png');
    expect(Buffer.from(await whole.arrayBuffer()).equals(WHOLE)).toBe(true);
    expect(await server.stop()).toBe(0);
  }, 120_000);
});
