import type http from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { timedRequest } from '../bucket/timed-request.ts';

/** Error documents are small; more than this is not read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** The error that a server answers with. */
export interface HttpFault extends Error {
  code: string;
  status: number;
  retryAfter?: string;
  /** Region of the bucket, in answers to requests that were signed for another. */
  region?: string;
}

/**
 * Node's HTTP for the `minio` client, which has no timeouts, writes to the console when it tries again, and loses the status of
 * errors: here every answer of 300 and above becomes an error of the request, with its code and status.
 */
export function minioTransport(isSecure: boolean) {
  return {
    request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
      const sent = timedRequest(isSecure, options);
      sent.once('response', (response) => {
        if ((response.statusCode ?? 0) < 300) onResponse(response);
        else void faultOfAnswer(response).then((fault) => sent.emit('error', fault));
      });
      return sent;
    },
  } as Pick<typeof http, 'request'>;
}

async function faultOfAnswer(response: IncomingMessage): Promise<HttpFault> {
  const status = response.statusCode ?? 0;
  const xml = await readError(response);
  const inHeader = response.headers['x-minio-error-code'];
  const code = element(xml, 'Code') ?? (typeof inHeader === 'string' ? inHeader : `HTTP ${status}`);
  const region = element(xml, 'Region');
  const retryAfter = response.headers['retry-after'];
  return Object.assign(new Error(element(xml, 'Message') ?? ''), {
    code,
    status,
    ...(region === undefined ? {} : { region }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

async function readError(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const piece of response.setEncoding('utf8')) {
      text += piece;
      if (text.length > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The part that came has to do.
  }
  return text;
}

/** The text of the first element of this name: the documents read here are flat. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}
