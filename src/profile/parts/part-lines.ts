/** A unit takes one line, and a profile at most this many bytes of it. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/**
 * The lines of a part, each of which ends.
 * @param damaged makes the error of bytes that are no such lines
 */
export async function* partLines(
  bytes: AsyncIterable<Uint8Array>,
  damaged: (what: string, cause?: unknown) => Error,
): AsyncGenerator<string> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield textOf([...pieces, chunk.subarray(start, end)], damaged);
      [pieces, length, start] = [[], 0, end + 1];
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) throw damaged(`a line of it has more than ${MAX_LINE_BYTES} bytes`);
  }
  if (length > 0) throw damaged('its last line does not end: it was cut');
}

function textOf(pieces: readonly Uint8Array[], damaged: (what: string, cause?: unknown) => Error): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw damaged('it is not UTF-8', cause);
  }
}
