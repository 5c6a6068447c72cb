import { MAX_LINE_BYTES } from '../../engine/formats/text/lines.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cut bytes into lines, without their ends. Undefined stands for one that is longer than 32 MiB, of which nothing is kept. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | undefined> {
  let held: Uint8Array[] = [];
  let length = 0;
  const hold = (part: Uint8Array): void => {
    length += part.length;
    if (length > MAX_LINE_BYTES) held = [];
    else held.push(part);
  };
  const line = (): Buffer | undefined => {
    const text = length > MAX_LINE_BYTES ? undefined : Buffer.concat(held);
    held = [];
    length = 0;
    return text?.at(-1) === CARRIAGE_RETURN ? text.subarray(0, -1) : text;
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed >= 0; feed = chunk.indexOf(LINE_FEED, start)) {
      hold(chunk.subarray(start, feed));
      start = feed + 1;
      yield line();
    }
    hold(chunk.subarray(start));
  }
  if (length > 0) yield line();
}
