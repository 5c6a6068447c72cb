import type { IncomingMessage } from 'node:http';

/** Documents are held in memory: a list of a million files by their names, and no more. */
const MAX_DOCUMENT_BYTES = 128 * 1024 * 1024;

/**
 * Read the text of an answer, whatever length its server announces.
 * @param what it answers, for the message
 * @throws an error with the code `DocumentTooLarge`
 */
export async function documentOf(answer: IncomingMessage, what: string): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_DOCUMENT_BYTES) {
      answer.destroy();
      throw Object.assign(new Error(`${what} is longer than 128 MiB, which no list of files is`), {
        code: 'DocumentTooLarge',
        status: 413,
      });
    }
  }
  return Buffer.concat(pieces).toString('utf8');
}
