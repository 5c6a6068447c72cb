import { VarveError } from '../errors.ts';
import { shortened } from '../wording/abridged.ts';
import { fetchFailure } from '../wording/network-failures.ts';
import { counted, grouped } from '../wording/numbers.ts';
import { quoted } from '../wording/quote.ts';
import { describeUrl } from '../wording/urls.ts';

/** What a tracking server may take to answer. */
const MAX_WAIT_MS = 10_000;
/** Digests of one run: what they are looked up in may be a history of millions of files. */
const MAX_DIGESTS = 1000;
/** Far beyond what is kept of one run: MLflow bounds its datasets, and the schema and profile of each. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** As MLflow writes the address of a run, with what may follow of its artifacts. Ids are of letters and digits; some servers take dashes. */
const RUN = /^runs:\/{1,2}([A-Za-z0-9_-]{1,64})(?:\/.*)?$/s;

/**
 * The id of the run that `runs:/ID` names, as MLflow writes it; undefined for anything else.
 * @throws VarveError `digest-invalid` for such an address without an id, or with one that no run has
 */
export function runIdOf(word: string): string | undefined {
  const id = RUN.exec(word)?.[1];
  if (id !== undefined || !/^runs:/i.test(word)) return id;
  throw new VarveError('digest-invalid', `${quoted(word)} names no run of MLflow`, {
    path: shortened(word, 100),
    remedy:
      'Write `runs:/ID`, with the id as MLflow shows it: at most 64 letters, digits, hyphens and underscores.',
  });
}

/**
 * Ask MLflow's tracking server for the versions that a run says it was made of, as varve logged them. The environment alone says where the
 * server is, in MLflow's words, and no redirection is followed: the password goes nowhere else.
 * @returns digests as the run has them, whole ones; those of other tools are left out
 * @throws VarveError `tracking-server-unset`, `tracking-server-failed`, `run-unknown`, `run-without-data`
 */
export async function digestsOfRun(runId: string, signal: AbortSignal | undefined): Promise<string[]> {
  const server = trackingServer();
  const answer = await ask(server, runId, signal);
  const digests = [...new Set(datasetsOf(answer).flatMap(digestOf))];
  if (digests.length > MAX_DIGESTS)
    throw failed(
      server.name,
      `it names ${counted(digests.length, 'dataset')}, and ${grouped(MAX_DIGESTS)} are looked up at most`,
    );
  if (digests.length > 0) return digests;
  throw new VarveError('run-without-data', `The run ${runId} names no data that varve versions`, {
    path: runId,
    remedy:
      'A run names it where `mlflow.log_input(mlflow.data.from_varve(…))` was called in it, or `varve describe --format mlflow` was logged.',
  });
}

interface TrackingServer {
  readonly url: URL;
  /** Without credentials. */
  readonly name: string;
}

function trackingServer(): TrackingServer {
  const uri = process.env.MLFLOW_TRACKING_URI ?? '';
  const isServer = /^https?:\/\//i.test(uri) && URL.canParse(uri);
  if (isServer) return { url: new URL(uri), name: describeUrl(uri) };
  throw new VarveError(
    'tracking-server-unset',
    uri === ''
      ? 'MLFLOW_TRACKING_URI names no tracking server'
      : `MLFLOW_TRACKING_URI is no address of a server${shownUri(uri)}`,
    {
      remedy:
        'Set it to the address of a server, such as http://localhost:5000; `mlflow server --backend-store-uri URI` serves the runs of a folder or database.',
    },
  );
}

/** Addresses of databases are taken too, and what is mistyped may have a password anywhere. */
function shownUri(uri: string): string {
  return /[@?]/.test(uri) ? '' : `: ${describeUrl(uri)}`;
}

async function ask(server: TrackingServer, runId: string, signal: AbortSignal | undefined): Promise<unknown> {
  const base = new URL(server.url);
  base.username = base.password = base.search = base.hash = '';
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/api/2.0/mlflow/runs/get`;
  base.searchParams.set('run_id', runId);
  const timeout = AbortSignal.timeout(MAX_WAIT_MS);
  try {
    const response = await fetch(base, {
      headers: authorization(server.url),
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await bounded(response);
    if (response.ok) return JSON.parse(text);
    throw isUnknown(response.status, text)
      ? unknownRun(runId, server.name)
      : refused(server.name, response.status);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof VarveError ? error : failed(server.name, reasonOf(error));
  }
}

/** In the words of MLflow's own client, which prefers a password to a token. */
function authorization({ username, password }: URL): Record<string, string> {
  const { MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN } = process.env;
  const [user, word] = MLFLOW_TRACKING_USERNAME
    ? [MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD ?? '']
    : [decodeURIComponent(username), decodeURIComponent(password)];
  if (user !== '') return { authorization: `Basic ${Buffer.from(`${user}:${word}`).toString('base64')}` };
  return MLFLOW_TRACKING_TOKEN ? { authorization: `Bearer ${MLFLOW_TRACKING_TOKEN}` } : {};
}

async function bounded({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error('its answer is far too long for a run');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Servers answer 404 for paths that they do not have too, but not in these words. */
function isUnknown(status: number, text: string): boolean {
  return status === 404 && text.includes('RESOURCE_DOES_NOT_EXIST');
}

function datasetsOf(answer: unknown): unknown[] {
  const inputs = at(answer, 'run', 'inputs', 'dataset_inputs');
  return Array.isArray(inputs) ? inputs.map((input) => at(input, 'dataset')) : [];
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

/** Of a dataset of varve, the whole digest as its source has it. */
function digestOf(dataset: unknown): string[] {
  const source = at(dataset, 'source');
  if (at(dataset, 'source_type') !== 'varve' || typeof source !== 'string') return [];
  try {
    const digest = at(JSON.parse(source), 'digest');
    return typeof digest === 'string' && /^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}(\.dir)?)$/.test(digest)
      ? [digest]
      : [];
  } catch {
    return [];
  }
}

function unknownRun(runId: string, server: string): VarveError {
  return new VarveError('run-unknown', `${server} has no run ${runId}`, {
    path: runId,
    remedy: 'Check the id, and that MLFLOW_TRACKING_URI names the server that the run was logged to.',
  });
}

function refused(server: string, status: number): VarveError {
  const isRedirect = status >= 300 && status < 400;
  if (status !== 401 && status !== 403 && !isRedirect)
    return failed(server, `it answered with status ${status}`);
  return new VarveError(
    'tracking-server-failed',
    `${server} ${isRedirect ? 'sends on to another address' : 'lets nobody in without a password or token'}`,
    {
      path: server,
      remedy: isRedirect
        ? 'Set MLFLOW_TRACKING_URI to the address that it sends to, if you know that place: credentials are sent nowhere else.'
        : 'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, as for MLflow itself.',
    },
  );
}

function failed(server: string, reason: string): VarveError {
  return new VarveError('tracking-server-failed', `The tracking server ${server} told of no run: ${reason}`, {
    path: server,
    remedy: 'Check MLFLOW_TRACKING_URI, and that the server runs.',
  });
}

function reasonOf(error: unknown): string {
  return (error as Error).name === 'SyntaxError' ? 'its answer is no JSON' : fetchFailure(error, MAX_WAIT_MS);
}
