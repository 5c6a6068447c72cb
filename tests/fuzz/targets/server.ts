import type { IncomingHttpHeaders } from 'node:http';
import { judgeConditions } from '../../../src/server/s3/conditions.ts';
import { parseListQuery } from '../../../src/server/s3/listing.ts';
import { parseRange } from '../../../src/server/s3/range.ts';
import { readRequest } from '../../../src/server/s3/raw-request.ts';
import { Refusal } from '../../../src/server/s3/refusal.ts';
import { checkSignature, claimOf } from '../../../src/server/s3/signature.ts';
import { type FuzzTarget, law } from '../target.ts';

const NOW = Date.parse('2013-05-24T00:00:00Z');

/** A refusal is an answer of S3. */
function answered(read: () => void): void {
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
      answered(() => {
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
      answered(() => {
        const { query } = readRequest('GET', `/bucket?${input.toString('latin1')}`, {});
        const { maxKeys } = parseListQuery(new Map(query));
        law(maxKeys >= 0 && maxKeys <= 1000, 'a page has a thousand keys at most');
      }),
  },
};
