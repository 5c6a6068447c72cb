import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusal.ts';

/** A request as it came in. */
export interface RawRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  /** Decoded names and values, in the order of the request. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingHttpHeaders;
}

/** Read the head of a request. @param url path and query, as they came @throws Refusal `InvalidURI` */
export function readRequest(method: string, url: string, headers: IncomingHttpHeaders): RawRequest {
  // Of `*`, and of whole addresses, which are for proxies, nothing is served.
  if (!url.startsWith('/')) throw badAddress();
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const query = question < 0 ? '' : url.slice(question + 1);
  try {
    return {
      method,
      path: decodeURIComponent(path),
      query: query
        .split('&')
        .filter((pair) => pair !== '')
        .map((pair) => {
          const equals = pair.indexOf('=');
          const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
          return [decodedWord(name), decodedWord(value)] as const;
        }),
      headers,
    };
  } catch {
    throw badAddress();
  }
}

function badAddress(): Refusal {
  return new Refusal('InvalidURI', "Couldn't parse the specified URI.");
}

/** In a query, a plus is a space. */
function decodedWord(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
