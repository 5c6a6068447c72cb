/**
 * Inference logs: what model servers were asked, as their loggers write it, read as rows of features. It may not know where requests come
 * from, and keeps none of them.
 */

import { isUtf8 } from 'node:buffer';
import { isRecord } from '../../base/json.ts';
import { namedByPlace, requestInvalid, type ServedColumns, setOwn } from './columns.ts';
import { parseValue } from './json-value.ts';
import { areTensors, tensorRows } from './tensors.ts';

export type Row = Readonly<Record<string, unknown>>;

/** The rows of one logged value. */
export interface LoggedRequest {
  /** The forms that the rows came in, sorted, each from its outermost inwards: `cloudevents/v2`; none where it was rows themselves. */
  readonly forms: readonly string[];
  readonly rows: readonly Row[];
  /** When it was sent, as its envelope says: milliseconds since 1970. */
  readonly time?: number;
}

/**
 * Forms in which requests are logged: CloudEvents; the JSON of TensorFlow Serving and KServe's V1 (`predict`); the Open Inference Protocol
 * (`v2`); Seldon's first protocol; lines of BentoML's monitors; messages that TensorFlow Serving logs.
 */
export type Envelope = 'cloudevents' | 'predict' | 'v2' | 'seldon' | 'bentoml' | 'prediction-log';

type Json = Record<string, unknown>;

/** One of the requests of a value: a list has several, perhaps of several forms. */
interface Part extends Pick<LoggedRequest, 'rows' | 'time'> {
  /** Outermost first. */
  readonly envelope: readonly Envelope[];
}

/** What TensorFlow Serving and V1 know beside the rows. */
const PREDICT_KEYS = new Set([
  'instances',
  'inputs',
  'examples',
  'context',
  'signature_name',
  'parameters',
  'id',
]);
/** Of events that model servers send, those of answers: what was predicted is no feature. */
const ANSWER = /(^|\.)response$/;
const MAX_COLUMNS_OF_MONITOR = 100_000;

/** Reads the values of a log in their order: BentoML says in a line of its own what the columns of later ones are. */
export class RequestReader {
  #columns: ServedColumns;
  /** Columns of BentoML's monitor that are no features of a request, such as what was predicted. */
  #results: ReadonlySet<string> = new Set();

  constructor(columns: ServedColumns) {
    this.#columns = columns;
  }

  /** Go by the columns of another version from now on. */
  follow(columns: ServedColumns): void {
    this.#columns = columns;
  }

  /**
   * Read one value, or a list of them. One that is no envelope is a row itself.
   * @throws VarveError `request-invalid`
   */
  read(value: unknown): LoggedRequest {
    const all = (Array.isArray(value) ? value : [value]).flatMap((one) => this.#readOne(one));
    const times = all.flatMap(({ time }) => time ?? []);
    // An answer among requests is no form of theirs.
    const withRows = all.filter(({ rows }) => rows.length > 0);
    const forms = (withRows.length > 0 ? withRows : all).map(({ envelope }) => envelope.join('/'));
    return {
      forms: [...new Set(forms.filter((form) => form !== ''))].sort(),
      rows: all.flatMap(({ rows }) => rows),
      ...(times.length > 0 && { time: Math.min(...times) }),
    };
  }

  #readOne(value: unknown): Part[] {
    if (!isRecord(value)) throw requestInvalid('it is no object');
    return this.#has(value, 'specversion', 'type', 'source')
      ? this.#readEvent(value)
      : [this.#readPayload(value)];
  }

  /** Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
  #readEvent(event: Json): Part[] {
    const found = isAnswer(event.type) ? [{ envelope: [], rows: [] }] : this.#readData(dataOf(event));
    const time = typeof event.time === 'string' ? Date.parse(event.time) : Number.NaN;
    return found.map(({ envelope, rows }) => ({
      envelope: ['cloudevents', ...envelope],
      rows,
      ...(Number.isFinite(time) && { time }),
    }));
  }

  #readData(data: unknown): Part[] {
    if (Array.isArray(data)) return data.flatMap((one) => this.#readData(one));
    if (!isRecord(data)) throw requestInvalid('the data of its event is no JSON object');
    return [this.#readPayload(data)];
  }

  #readPayload(value: Json): Part {
    if (this.#has(value, 'inputs') && areTensors(value.inputs))
      return { envelope: ['v2'], rows: tensorRows(value.inputs, this.#columns) };
    if (this.#isPredict(value)) return { envelope: ['predict'], rows: this.#predictRows(value) };
    if (
      this.#has(value, 'data') &&
      isRecord(value.data) &&
      ('ndarray' in value.data || 'tensor' in value.data)
    )
      return { envelope: ['seldon'], rows: this.#seldonRows(value.data) };
    if (isMonitorSchema(value)) {
      this.#results = resultsOf(value.columns);
      return { envelope: ['bentoml'], rows: [] };
    }
    if (this.#has(value, 'timestamp', 'request_id')) return this.#monitorLine(value);
    return { envelope: [], rows: [value] };
  }

  /** Whether a value has these keys, and the snapshot has no such features: then they are an envelope's. */
  #has(value: Json, ...keys: readonly string[]): boolean {
    return keys.every((key) => Object.hasOwn(value, key) && !this.#columns.names.has(key));
  }

  #isPredict(value: Json): boolean {
    const rows = ['instances', 'inputs', 'examples'].filter((key) => this.#has(value, key));
    return (
      rows.length === 1 &&
      isStructured(value[rows[0]!]) &&
      Object.keys(value).every((key) => PREDICT_KEYS.has(key))
    );
  }

  /** Source: https://www.tensorflow.org/tfx/serving/api_rest, "Predict API" and "Classify and Regress API". */
  #predictRows({ instances, inputs, examples, context }: Json): Row[] {
    const rows = instances ?? examples;
    if (Array.isArray(rows)) return rows.map((one) => this.#instance(one, context));
    if (Array.isArray(inputs)) return inputs.map((one) => this.#instance(one, undefined));
    if (isRecord(inputs)) return columnarRows(inputs);
    throw requestInvalid('its instances are no list');
  }

  #instance(value: unknown, context: unknown): Row {
    if (!isRecord(value) || isEncoded(value))
      return namedByPlace((Array.isArray(value) ? value : [value]).map(decoded), this.#columns);
    const row: Json = {};
    for (const part of [isRecord(context) ? context : {}, value])
      for (const [name, one] of Object.entries(part)) setOwn(row, name, decoded(one));
    return row;
  }

  /** Source: https://docs.seldon.io/projects/seldon-core/en/latest/graph/protocols.html */
  #seldonRows({ names, ndarray, tensor }: Json): Row[] {
    const matrix = Array.isArray(ndarray) ? ndarray : matrixOf(tensor);
    const known =
      Array.isArray(names) && names.every((name) => typeof name === 'string') ? (names as string[]) : [];
    const isNamed = known.some((name) => this.#columns.names.has(name));
    return matrix.map((one) => {
      const values: unknown[] = Array.isArray(one) ? one : [one];
      if (!isNamed) return namedByPlace(values, this.#columns);
      if (values.length !== known.length)
        throw requestInvalid('a row of it has not as many values as there are names');
      const row: Json = {};
      for (const [place, name] of known.entries()) setOwn(row, name, values[place]);
      return row;
    });
  }

  /** Source: https://docs.bentoml.com, "Model monitoring"; bentoml/_internal/monitoring/default.py. */
  #monitorLine(value: Json): Part {
    const row: Json = {};
    for (const [name, one] of Object.entries(value)) {
      const isFeature = this.#columns.names.has(name);
      if (isFeature || (name !== 'timestamp' && name !== 'request_id' && !this.#results.has(name)))
        setOwn(row, name, one);
    }
    const time = Date.parse(String(value.timestamp));
    return { envelope: ['bentoml'], rows: [row], ...(Number.isFinite(time) && { time }) };
  }
}

function isAnswer(type: unknown): boolean {
  return typeof type === 'string' && ANSWER.test(type);
}

function dataOf({ data, data_base64: encoded }: Json): unknown {
  const text = typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : data;
  if (typeof text !== 'string') return text;
  try {
    return parseValue(text);
  } catch {
    throw requestInvalid('the data of its event is no JSON');
  }
}

/** Columns of values, in each the same number; a single value holds for every row. */
function columnarRows(inputs: Json): Row[] {
  const columns = Object.entries(inputs);
  const lengths = new Set(columns.flatMap(([, values]) => (Array.isArray(values) ? values.length : [])));
  if (lengths.size > 1) throw requestInvalid('its inputs have different numbers of rows');
  const [rows = 1] = lengths;
  return Array.from({ length: rows }, (_, at) => {
    const row: Json = {};
    for (const [name, values] of columns)
      setOwn(row, name, decoded(Array.isArray(values) ? values[at] : values));
    return row;
  });
}

function matrixOf(tensor: unknown): unknown[] {
  const { shape, values } = (isRecord(tensor) ? tensor : {}) as { shape?: unknown; values?: unknown };
  if (!Array.isArray(shape) || !Array.isArray(values) || shape.length > 2)
    throw requestInvalid('its tensor has no shape of rows and columns');
  const [rows, width = 1] = shape as [number, number?];
  // Rows without a value would cost nothing to claim.
  if (rows * width !== values.length || (values.length === 0 && rows > 0))
    throw requestInvalid('its tensor has not as many values as its shape says');
  return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
}

/** Bytes stand as base64 in the JSON of TensorFlow Serving: text where they are text. */
function decoded(value: unknown): unknown {
  if (!isRecord(value) || !isEncoded(value)) return value;
  const bytes = Buffer.from(String(value.b64), 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : value.b64;
}

function isEncoded(value: Json): boolean {
  return typeof value.b64 === 'string' && Object.keys(value).length === 1;
}

function isMonitorSchema(value: Json): value is Json & { readonly columns: readonly unknown[] } {
  return isRecord(value.meta_data) && 'bento_name' in value.meta_data && Array.isArray(value.columns);
}

function resultsOf(columns: readonly unknown[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const one of columns.slice(0, MAX_COLUMNS_OF_MONITOR))
    if (isRecord(one) && typeof one.name === 'string' && one.role !== 'feature') found.add(one.name);
  return found;
}

function isStructured(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
