// A server of S3 that shows a Hive-partitioned prefix of so many Parquet objects, none of which it keeps: each has the bytes of one file, and its own key and ETag.
// What it answers costs it little, so that a benchmark meets the client. It knows listings, HEAD and ranges of GET, and checks no signature.
//
// Usage: node scripts/bench/prefix-server.mjs OBJECTS FILE [checksums]    prints its port
import { readFileSync } from 'node:fs';
import http from 'node:http';

const count = Number(process.argv[2]);
const bytes = readFileSync(process.argv[3]);
/** As buckets of AWS list objects since 2024; others say nothing, and are asked object by object. */
const algorithm = process.argv[4] === 'checksums' ? '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>' : '';
const PER_DAY = 1000;
const PER_PAGE = 1000;
const changed = new Set();
let requests = 0;

const dayOf = (number) => {
  const day = Math.floor(number / PER_DAY);
  return `year=${2000 + Math.floor(day / 365)}/day=${String(day % 365).padStart(3, '0')}/`;
};
const keyOf = (number) => `trips/${dayOf(number)}part-${String(number % PER_DAY).padStart(3, '0')}.parquet`;
const etagOf = (number) => `${number.toString(16).padStart(31, '0')}${changed.has(number) ? 1 : 0}-1`;

/** The first object whose key is not less than a text; keys are in the order of their numbers. */
function from(text, isBehind) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = keyOf(middle);
    if (key < text || (isBehind && key === text)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listing(query) {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const max = Math.min(PER_PAGE, Number(query.get('max-keys') ?? PER_PAGE));
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  let at = after > prefix ? from(after, true) : from(prefix, false);
  const entries = [];
  let last = '';
  while (at < count && entries.length < max) {
    const key = keyOf(at);
    if (!key.startsWith(prefix)) break;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) {
      last = key;
      entries.push(
        `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;${etagOf(at)}&quot;</ETag>${algorithm}<Size>${bytes.length}</Size></Contents>`,
      );
      at += 1;
    } else {
      const folder = key.slice(0, end + 1);
      last = `${folder}\u{10ffff}`;
      if (folder > after || after === '')
        entries.push(`<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`);
      at = from(last, false);
    }
  }
  const isMore = at < count && keyOf(at).startsWith(prefix);
  const next = isMore ? `<NextContinuationToken>${last}</NextContinuationToken>` : '';
  return `<?xml version="1.0"?><ListBucketResult><Name>bench</Name><Prefix>${prefix}</Prefix><KeyCount>${entries.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${isMore}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`;
}

function object(request, response, key) {
  const number = from(key, false);
  if (number >= count || keyOf(number) !== key) return response.writeHead(404).end();
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const piece =
    start === undefined ? bytes : bytes.subarray(Number(start), end === '' ? undefined : Number(end) + 1);
  response.writeHead(start === undefined ? 200 : 206, {
    etag: `"${etagOf(number)}"`,
    'content-length': piece.length,
    'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    ...(start !== undefined && {
      'content-range': `bytes ${start}-${Number(start) + piece.length - 1}/${bytes.length}`,
    }),
  });
  response.end(request.method === 'HEAD' ? undefined : piece);
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  if (pathname === '/-/requests') return response.end(String(requests));
  if (pathname === '/-/change')
    return response.end(String(changed.add(Number(searchParams.get('number'))).size));
  requests += 1;
  const key = decodeURIComponent(pathname.replace(/^\/bench\/?/, ''));
  if (key !== '') return object(request, response, key);
  response.setHeader('content-type', 'application/xml');
  if (searchParams.has('versioning')) return response.end('<VersioningConfiguration/>');
  if (searchParams.has('location')) return response.end('<LocationConstraint/>');
  response.end(listing(searchParams));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
