import type { IncomingHttpHeaders } from 'node:http';

/** What conditions are asked of: the state of the object. */
export interface ObjectState {
  /** With its quotation marks. */
  readonly etag: string;
  /** Seconds since 1970. */
  readonly time: number;
}

/**
 * Tell what the conditions of a request make of it: `failed` answers 412, `unmodified` answers 304. Where an ETag is asked for, the date beside
 * it does not count. Source: RFC 9110, section 13.2.2; S3's GetObject says the same.
 */
export function judgeConditions(
  headers: IncomingHttpHeaders,
  state: ObjectState,
): 'failed' | 'unmodified' | undefined {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (match !== undefined ? !names(match, state.etag) : isAfter(state.time, headers['if-unmodified-since']))
    return 'failed';
  const modifiedSince = headers['if-modified-since'];
  if (noneMatch !== undefined) return names(noneMatch, state.etag) ? 'unmodified' : undefined;
  const since = secondsOf(modifiedSince);
  return since !== undefined && state.time <= since ? 'unmodified' : undefined;
}

/** Whether a range counts: `If-Range` names the state that the client has a part of, if it is there at all. */
export function isRangeWanted(headers: IncomingHttpHeaders, { etag, time }: ObjectState): boolean {
  const header = headers['if-range'];
  const ifRange = Array.isArray(header) ? header[0] : header;
  if (ifRange === undefined || ifRange === etag) return true;
  return !ifRange.includes('"') && secondsOf(ifRange) === time;
}

/** Whether a list of ETags has this one, with or without quotation marks, or is `*`. */
function names(list: string, etag: string): boolean {
  return list.split(',').some((one) => {
    const named = one.trim().replace(/^W\//, '');
    return named === '*' || named === etag || `"${named}"` === etag;
  });
}

function isAfter(time: number, header: string | undefined): boolean {
  const since = secondsOf(header);
  return since !== undefined && time > since;
}

/** A date of HTTP; undefined for what is none, which counts as if it were not there. */
function secondsOf(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
