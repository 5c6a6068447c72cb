import { brief } from './neutral.ts';
import { withoutSecrets } from './urls.ts';

/** Says in words why a machine was not reached, or gave no answer. It knows no room of varve. */

/** The longest text of a server, or of a library about one, that a message shows. */
const MAX_SAID = 200;

/** Codes of Node, of its `fetch` (undici), and of its parser of HTTP; the first that fits counts. */
const WORDS: readonly (readonly [codes: RegExp, words: string])[] = [
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_CLOSED|UND_ERR_DESTROYED)$/,
    'it closed the connection without a whole answer',
  ],
  [/^ECONNREFUSED$/, 'nothing listens at this address'],
  [/^(ENOTFOUND|EAI_NONAME|EAI_NODATA)$/, 'no machine of this name is known'],
  [/^EAI_AGAIN$/, 'the name of the machine cannot be looked up at the moment'],
  [/^E(HOST|NET)(UNREACH|DOWN)$/, 'no way leads to this machine'],
  [/TIMEDOUT|_TIMEOUT$/, 'no answer came in time'],
  [/^HPE_|^UND_ERR_(HEADERS_OVERFLOW|RES|INVALID)|^ERR_HTTP/, 'what it answered is no HTTP'],
  [
    /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_CERT)/,
    'its certificate is not one that this machine trusts',
  ],
  [/^(ERR_SSL|ERR_TLS|EPROTO)/, 'it does not speak TLS in a way that this machine does'],
];

/** What a code of Node says of a connection, as the rest of a sentence about a server; undefined for one that is not known. */
export function networkFailure(code: string): string | undefined {
  return WORDS.find(([codes]) => codes.test(code))?.[1];
}

/** Why `fetch` failed, as the rest of a sentence: short, on one line and without credentials. @param waitedMs what it may have taken */
export function fetchFailure(error: unknown, waitedMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: unknown; message?: unknown } };
  if (name === 'TimeoutError') return `no answer came within ${waitedMs / 1000} seconds`;
  const code = typeof cause?.code === 'string' ? cause.code : '';
  if (code === 'ERR_INVALID_URL') return 'the address is not one of a server';
  const words = networkFailure(code);
  if (words !== undefined) return words;
  return brief(withoutSecrets(typeof cause?.message === 'string' ? cause.message : message), MAX_SAID);
}
