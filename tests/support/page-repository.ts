import { deflateSync } from 'node:zlib';
import { header, lines } from './flights.ts';
import type { Sandbox } from './sandbox.ts';

const SIDE = 48;

/** A PNG of one colour. Source: W3C PNG specification, §5 (chunks) and §11.2 (IHDR, IDAT, IEND). */
function png(red: number, green: number, blue: number): Buffer {
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(SIDE * 3, Buffer.of(red, green, blue))]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIDE, 0);
  head.writeUInt32BE(SIDE, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: SIDE }, () => row)));
  const parts = [chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Source: W3C PNG specification, Annex D. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

export const RED = png(179, 38, 30);
export const LONG = `a-name-that-goes-on-${'and-on-'.repeat(20)}until-it-ends`;
/** Names and texts that would act if a page took them for more than text. */
export const ACTING = `<img src=x onerror=alert(1)>"'&`;

/** Flights in three versions with a schema, and a folder of files of many kinds and names, on `main` and `team/später`. */
export function pageRepository(box: Sandbox): void {
  box.repository();
  const flights = (start: number, more: readonly string[] = []): string =>
    `${[header, ...lines.slice(start, start + 600), ...more].join('\n')}\n`;
  box.write('repo/flights.csv', flights(0));
  box.ok(['add', 'flights.csv']);
  box.ok(['schema', 'infer', 'flights.csv']);
  box.commit('the first flights');
  for (const [name, content] of Object.entries(FILES)) box.write(`repo/photos/${name}`, content);
  box.ok(['add', 'photos']);
  box.commit(`photos ${ACTING}`);
  box.write('repo/flights.csv', flights(600));
  box.ok(['add', 'flights.csv']);
  box.commit('항공편: 두 번째 판');
  box.git(['branch', 'team/später']);
  box.write('repo/flights.csv', flights(1200).replaceAll(',UA,', ',ZZ,'));
  box.ok(['add', 'flights.csv']);
  box.commit('الرحلات: الإصدار الثالث');
}

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'red.png': RED,
  '사진/파랑.png': png(31, 85, 196),
  'صور/أخضر.png': png(39, 112, 58),
  [`${LONG}.png`]: png(138, 82, 0),
  'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  'svg-in-disguise.png': '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  'page.html': '<!doctype html><script>alert(document.domain)</script>',
  [ACTING.replaceAll('/', '')]: 'name,text\n<b>bold</b>,"=1+1"\n',
  'people.csv': `name,city\n<script>alert(1)</script>,서울\nليلى,"القاهرة"\n`,
  'notes.txt': 'first\n\u202ereversed\u202c <b>not bold</b>\n',
};
