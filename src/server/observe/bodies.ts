import type { IncomingHttpHeaders } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { BinaryFault } from '../../engine/formats/binary-fault.ts';
import { isGzip, isRecordHead, isZlib } from '../../engine/formats/tfrecord/records.ts';
import { requestInvalid } from '../../operations/inference/columns.ts';
import { parseValue } from '../../operations/inference/json-value.ts';
import type { LoggedRequest } from '../../operations/inference/requests.ts';

/** What a client sent, as it came. */
export interface RequestBody {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** A value of a body, and its text where it stood on a line of its own. */
export interface BodyValue {
  readonly value: unknown;
  readonly text?: string;
  /** Where it is a row, whatever its names: the form that it came in, and when. */
  readonly row?: Pick<LoggedRequest, 'forms' | 'time'>;
}

/** Bytes of one body, and of what it is when it is unpacked. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

const LINES = [
  'application/x-ndjson',
  'application/jsonl',
  'application/jsonlines',
  'application/x-jsonlines',
];

/** Messages as TensorFlow Serving logs them: one, or a file of records. Neither type is registered. */
const MESSAGE = ['application/x-protobuf', 'application/protobuf'];
const RECORDS = 'application/x-tfrecord';
/** A few bytes can say that they are any number of equal values. */
const ROW_BOUNDS = { values: 2 ** 22, bytes: 32 * 1024 * 1024 } as const;

/**
 * Types that are read. Others are refused, and so is a body without one: a page in a browser can send what is not JSON to any server
 * that its user reaches, without asking that server first.
 */
export const BODY_TYPES: readonly string[] = [
  ...LINES,
  ...MESSAGE,
  RECORDS,
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
];

const unzipped = promisify(gunzip);
const inflated = promisify(inflate);

/** Read the values of a body: for lines, one of each. A value that is no JSON comes as the error that says so. */
export async function bodyValues(body: RequestBody): Promise<(BodyValue | Error)[]> {
  try {
    const bytes = await plainBytes(body);
    const type = (body.headers['content-type'] ?? '').toLowerCase();
    if ([...MESSAGE, RECORDS].some((one) => type.startsWith(one)))
      return await messageRows(body.headers, type.startsWith(RECORDS), bytes);
    const text = bytes.toString('utf8');
    if (LINES.some((one) => type.startsWith(one))) return text.split('\n').flatMap(lineValue);
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

/** The rows of messages. One that cannot be read comes as the error that says so. */
async function messageRows(
  headers: IncomingHttpHeaders,
  areRecords: boolean,
  bytes: Buffer,
): Promise<(BodyValue | Error)[]> {
  const { rowsOfMessage, rowsOfRecords } = await import('../../engine/formats/tfrecord/rows.ts');
  const time = Date.parse(String(headers['ce-time']));
  const row = { forms: ['prediction-log'], ...(Number.isFinite(time) && { time }) };
  const found: (BodyValue | Error)[] = [];
  const add = (rows: string[] | BinaryFault): void => {
    if (rows instanceof BinaryFault) found.push(requestInvalid(rows.message));
    else for (const text of rows) found.push({ value: JSON.parse(text), text, row });
  };
  if (areRecords)
    for (const rows of rowsOfRecords(await plainRecords(bytes), ROW_BOUNDS)) {
      add(rows);
      await nextTurn();
    }
  else
    try {
      add(rowsOfMessage(bytes, ROW_BOUNDS));
    } catch (error) {
      if (!(error instanceof BinaryFault)) throw error;
      add(error);
    }
  return found;
}

/** Files of records may be compressed as a whole, which nothing but their bytes tells. */
async function plainRecords(bytes: Buffer): Promise<Buffer> {
  if (isRecordHead(bytes) || !(isGzip(bytes) || isZlib(bytes))) return bytes;
  try {
    return await (isGzip(bytes) ? unzipped : inflated)(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw requestInvalid('its compressed records are damaged, or more than 8 MiB when they are unpacked');
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
    return parseValue(text);
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
