import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { requestInvalid } from '../../operations/inference/columns.ts';

/** What a client sent, as it came. */
export interface RequestBody {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** A value of a body, and its text where it stood on a line of its own. */
export interface BodyValue {
  readonly value: unknown;
  readonly text?: string;
}

/** Bytes of one body, and of what it is when it is unpacked. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

const LINES = [
  'application/x-ndjson',
  'application/jsonl',
  'application/jsonlines',
  'application/x-jsonlines',
];

/**
 * Types that are read. Others are refused, and so is a body without one: a page in a browser can send what is not JSON to any server
 * that its user reaches, without asking that server first.
 */
export const BODY_TYPES: readonly string[] = [
  ...LINES,
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
];

const unzipped = promisify(gunzip);

/** Read the values of a body: for lines, one of each. A value that is no JSON comes as the error that says so. */
export async function bodyValues(body: RequestBody): Promise<(BodyValue | Error)[]> {
  try {
    const text = (await plainBytes(body)).toString('utf8');
    const type = body.headers['content-type'] ?? '';
    if (LINES.some((one) => type.toLowerCase().startsWith(one))) return text.split('\n').flatMap(lineValue);
    return [{ value: withEvent(body.headers, parsed(text)) }];
  } catch (error) {
    return [error as Error];
  }
}

async function plainBytes({ headers, bytes }: RequestBody): Promise<Buffer> {
  if (headers['content-encoding'] !== 'gzip') return bytes;
  try {
    return await unzipped(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw requestInvalid('it is no gzip, or more than 8 MiB when it is unpacked');
  }
}

function lineValue(line: string): (BodyValue | Error)[] {
  const text = line.trim();
  if (text === '') return [];
  try {
    return [{ value: parsed(text), text }];
  } catch (error) {
    return [error as Error];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw requestInvalid('it is no JSON');
  }
}

/** An event in binary mode has its attributes in headers. Source: CloudEvents HTTP Protocol Binding 1.0.2, section 3.1. */
function withEvent(headers: IncomingHttpHeaders, data: unknown): unknown {
  const { 'ce-specversion': specversion, 'ce-type': type, 'ce-source': source, 'ce-time': time } = headers;
  if (specversion === undefined) return data;
  return { specversion, type: type ?? '', source: source ?? '', ...(time !== undefined && { time }), data };
}
