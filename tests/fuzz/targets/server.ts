import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VarveError } from '../../../src/errors.ts';
import { initRepository, openRepository } from '../../../src/library/open.ts';
import { RequestReader, type Row } from '../../../src/operations/inference/requests.ts';
import { NewNames, RowLines } from '../../../src/operations/inference/row-lines.ts';
import { makeAccessKey } from '../../../src/server/access/access-keys.ts';
import { bodyValues } from '../../../src/server/observe/bodies.ts';
import { judgeConditions } from '../../../src/server/s3/conditions.ts';
import { parseListQuery } from '../../../src/server/s3/listing.ts';
import { parseRange } from '../../../src/server/s3/range.ts';
import { readRequest } from '../../../src/server/s3/raw-request.ts';
import { Refusal } from '../../../src/server/s3/refusal.ts';
import { checkSignature, claimOf } from '../../../src/server/s3/signature.ts';
import { startServer } from '../../../src/server/server.ts';
import { type FuzzTarget, law } from '../target.ts';

const NOW = Date.parse('2013-05-24T00:00:00Z');

/** A refusal is an answer of S3. */
function refusedOrRead(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    law(error.status >= 400 && error.status <= 503, 'a refusal has a status');
  }
}

/** A request in lines: method and address, then headers. */
function linesOf(input: Buffer): { method: string; url: string; headers: IncomingHttpHeaders } {
  const [first = '', ...rest] = input.toString('latin1').split('\n');
  const [method = '', url = ''] = first.split(' ', 2);
  const headers = Object.fromEntries(
    rest.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, Math.max(0, colon)).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { method, url, headers };
}

/** Stands in every file that is served. */
const MARK = 'what only readers may see';
const MAX_ANSWER_MS = 5000;

interface Servers {
  /** Where everybody may read, and where only holders of a key may, which nobody has. */
  readonly open: URL;
  readonly closed: URL;
}

let servers: Promise<Servers> | undefined;

async function startServers(): Promise<Servers> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'varve-fuzz-server-')));
  const root = join(folder, 'repo');
  process.env.XDG_CONFIG_HOME = join(folder, 'config');
  execFileSync('git', ['init', '-q', '-b', 'main', root]);
  mkdirSync(join(root, 'd'));
  writeFileSync(join(root, 'd', 'a.txt'), MARK);
  writeFileSync(join(root, 'd', 'b <c>.svg'), `<svg>${MARK}</svg>`);
  await initRepository(root);
  const repository = await openRepository(root);
  await repository.add(['d']);
  execFileSync('git', ['add', '-A'], { cwd: root });
  const who = ['-c', 'user.name=fuzz', '-c', 'user.email=fuzz@example.org'];
  execFileSync('git', [...who, 'commit', '-qm', 'fuzz'], { cwd: root });
  makeAccessKey();
  const start = async (anonymous: boolean): Promise<URL> => {
    const settings = {
      repositories: ['.'],
      base: root,
      listen: '127.0.0.1:0',
      log: 'silent',
      anonymous,
    } as const;
    return new URL((await startServer(settings)).url);
  };
  return { open: await start(true), closed: await start(false) };
}

/** All that comes back for bytes on a connection. */
function answered(url: URL, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    let heard = '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error('a connection whose client has said all is not closed'));
    }, MAX_ANSWER_MS);
    socket.setEncoding('latin1').on('data', (text: string) => {
      heard += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(late);
      resolve(heard);
    });
    socket.end(bytes);
  });
}

/** Of rows, and no more: lines of their own that hold a JSON object. */
async function linesOfBody(input: Buffer): Promise<string[]> {
  const [head = '', ...rest] = input.toString('latin1').split('\n');
  const body = Buffer.from(rest.join('\n'), 'latin1');
  const names = new Set(['age', 'city']);
  const columns = { names, nested: names, orders: new Map([[2, ['age', 'city']]]) };
  const reader = new RequestReader(columns);
  const lines = new RowLines(new NewNames(columns.nested));
  const found: string[] = [];
  const values = await bodyValues({ headers: { 'content-type': head }, bytes: body });
  for (const value of values) {
    if (value instanceof Error) continue;
    try {
      const { forms, rows } =
        value.row === undefined ? reader.read(value.value) : { forms: [], rows: [value.value as Row] };
      for (const row of rows) found.push(lines.of(row, forms.length === 0 ? value.text : undefined));
    } catch (error) {
      // Of what is nested so deep that nothing can go through it, no row is taken either.
      if (!(error instanceof VarveError || error instanceof RangeError)) throw error;
    }
  }
  return found;
}

export const serverTargets: Readonly<Record<string, FuzzTarget>> = {
  'request-signature': {
    words: [
      'AWS4-HMAC-SHA256 ',
      'Credential=',
      'SignedHeaders=',
      'Signature=',
      'X-Amz-Algorithm=',
      'X-Amz-Expires=',
      '%',
      'host',
    ],
    read: (input) => {
      const { method, url, headers } = linesOf(input);
      refusedOrRead(() => {
        const request = readRequest(method, url, headers);
        const claim = claimOf(request);
        if (claim === undefined) return;
        checkSignature(request, claim, 'a secret that nobody signs with', NOW);
        law(false, 'no request is taken for signed that was not');
      });
    },
  },
  'request-range': {
    words: ['bytes=', '-', ',', '0', '9', '999999999999999'],
    read: (input) => {
      const text = input.toString('latin1');
      for (const size of [0, 1, 1000]) {
        const range = parseRange(text, size);
        if (range === undefined || range === 'unsatisfiable') continue;
        law(
          range.offset >= 0 && range.length > 0 && range.offset + range.length <= size,
          'a range lies in the object',
        );
      }
      const headers = {
        'if-match': text,
        'if-none-match': text,
        'if-modified-since': text,
        'if-unmodified-since': text,
      };
      judgeConditions(headers, { etag: '"a"', time: 0 });
    },
  },
  'request-listing': {
    words: [
      'list-type=2',
      'prefix=',
      'delimiter=',
      'max-keys=',
      'continuation-token=',
      'encoding-type=url',
      '&',
      '%2F',
    ],
    read: (input) =>
      refusedOrRead(() => {
        const { query } = readRequest('GET', `/bucket?${input.toString('latin1')}`, {});
        const { maxKeys } = parseListQuery(new Map(query));
        law(maxKeys >= 0 && maxKeys <= 1000, 'a page has a thousand keys at most');
      }),
  },
  // Bytes on a connection, whatever they are.
  'request-bytes': {
    slow: true,
    words: [
      'GET ',
      'HEAD ',
      'POST ',
      ' HTTP/1.1\r\n',
      'Host: localhost\r\n',
      'Range: bytes=0-1\r\n',
      'Content-Length: 2\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Expect: 100-continue\r\n',
      'Accept: text/html\r\n',
      'Authorization: ',
      '\r\n\r\n',
      '/repo/main/d/a.txt',
      '/ui/repo/files/main/d',
      '?list-type=2&prefix=',
      '%2e%2e%2f',
      '%00',
    ],
    async read(input) {
      servers ??= startServers();
      const { open, closed } = await servers;
      law(!/HTTP\/1\.1 500/.test(await answered(open, input)), 'no request is a defect of the server');
      const text = await answered(closed, input);
      law(!/HTTP\/1\.1 500/.test(text), 'no request is a defect of the server');
      law(!text.includes(MARK), 'nobody reads without a right');
    },
  },
  // The type of a body, and the body itself behind it.
  'observed-body': {
    words: [
      'application/json\n',
      'application/jsonl\n',
      'application/x-protobuf\n',
      'application/x-tfrecord\n',
      '{"age":1,"city":"x"}',
      '"instances":[',
      '"inputs":[{"name":"age","shape":[1],"datatype":"INT64","data":[1]}]',
      '"data":{"tensor":{"shape":[1,2],"values":[1,2]}}',
      '"specversion":"1.0","type":"a","source":"b"',
      '\\ud800',
      '\\u0000',
      '__proto__',
    ],
    async read(input) {
      for (const line of await linesOfBody(input)) {
        law(!line.includes('\n'), 'a row is one line');
        const row: unknown = JSON.parse(line);
        law(typeof row === 'object' && row !== null && !Array.isArray(row), 'a row is an object');
      }
    },
  },
};
