import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '../errors.ts';
import { fetchFailure } from '../wording/network-failures.ts';
import { describeUrl } from '../wording/urls.ts';
import type { RegistryAccess } from './settings.ts';

/** A schema as a registry has it. */
export interface RegisteredSchema {
  /** `AVRO`, `JSON`, `PROTOBUF`, or what else a registry may know. */
  readonly type: string;
  readonly schema: string;
  /** Schemas that it speaks of by name. */
  readonly references: readonly SchemaReference[];
}

interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface RegistryOptions {
  /** Told of outages. */
  readonly onNote?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const REQUEST_MS = 30_000;
const RETRIES = 7;
const INITIAL_RETRY_MS = 300;
const MAX_RETRY_MS = 10_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Schemas that one may lead to. */
const MAX_REFERENCES = 100;

/**
 * Asks a registry for schemas, each once.
 * Source: Confluent, "Schema Registry API Reference", `GET /schemas/ids/{id}` and `GET /subjects/{subject}/versions/{version}`.
 */
export class SchemaRegistry {
  readonly #base: string;
  readonly #shown: string;
  readonly #headers: Record<string, string>;
  readonly #options: RegistryOptions;

  /** @throws VarveError `stream-settings-invalid` */
  constructor({ url, userInfo }: RegistryAccess, options: RegistryOptions = {}) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    this.#shown = describeUrl(url);
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
      throw this.#invalid('is no http:// or https:// URL');
    if (parsed.username !== '' || parsed.password !== '') throw this.#invalid('holds a user or a password');
    this.#base = parsed.href.replace(/\/+$/, '');
    const accept = 'application/vnd.schemaregistry.v1+json, application/json';
    const login = userInfo && `Basic ${Buffer.from(userInfo).toString('base64')}`;
    this.#headers = { accept, ...(login && { authorization: login }) };
    this.#options = options;
  }

  /**
   * @returns undefined if the registry has none of this id
   * @throws VarveError `stream-unreachable`, `stream-refused`, `stream-error`
   */
  async schema(id: number): Promise<RegisteredSchema | undefined> {
    return registered(await this.#get(`/schemas/ids/${id}`));
  }

  /** Find the texts of what a schema refers to, by the names under which it does, and so on. */
  async referenced(schema: RegisteredSchema): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const waiting = [...schema.references];
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      if (found.has(one.name) || found.size >= MAX_REFERENCES) continue;
      const answer = registered(
        await this.#get(`/subjects/${encodeURIComponent(one.subject)}/versions/${one.version}`),
      );
      if (answer === undefined) continue;
      found.set(one.name, answer.schema);
      waiting.push(...answer.references);
    }
    return found;
  }

  /** @returns undefined where there is no such thing */
  async #get(path: string): Promise<unknown> {
    const { onNote, signal } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#ask(path);
      if (!(answer instanceof Outage)) return answer;
      signal?.throwIfAborted();
      const { problem } = answer;
      if (attempt === RETRIES) throw this.#unreachable(problem);
      if (attempt === 0) onNote?.(`${this.#shown} does not answer (${problem}): trying again`);
      const wait = Math.min(INITIAL_RETRY_MS * 2 ** attempt, MAX_RETRY_MS);
      await sleep(wait * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
    }
  }

  async #ask(path: string): Promise<unknown> {
    try {
      const response = await this.#fetch(path);
      const { status } = response;
      if (status === 404) return undefined;
      if (status === 401 || status === 403) throw this.#refused(status);
      if (response.ok) return parsed(await textOf(response));
      if (status < 500 && status !== 429) throw this.#failed(`status ${status}`);
      return new Outage(`status ${status}`);
    } catch (error) {
      if (error instanceof VarveError) throw error;
      return new Outage(fetchFailure(error, REQUEST_MS));
    }
  }

  /** Redirects are not followed: they would choose who gets the password. */
  #fetch(path: string): Promise<Response> {
    const timeout = AbortSignal.timeout(REQUEST_MS);
    const { signal } = this.#options;
    return fetch(this.#base + path, {
      headers: this.#headers,
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  }

  #invalid(problem: string): VarveError {
    return new VarveError('stream-settings-invalid', `The registry of schemas ${this.#shown} ${problem}`, {
      path: this.#shown,
      remedy:
        'Write it as https://HOST:PORT; user and password go into SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO as USER:PASSWORD.',
    });
  }

  #refused(status: number): VarveError {
    return new VarveError('stream-refused', `${this.#shown} lets this user not read: status ${status}`, {
      path: this.#shown,
      remedy: 'Give user and password in SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO, as USER:PASSWORD.',
    });
  }

  #failed(problem: string): VarveError {
    return new VarveError('stream-error', `${this.#shown} answers with ${problem}`, {
      path: this.#shown,
      remedy:
        'Check that the URL is that of a registry of schemas: `curl URL/schemas/types` lists what it has.',
    });
  }

  #unreachable(problem: string): VarveError {
    return new VarveError('stream-unreachable', `${this.#shown} does not answer: ${problem}`, {
      path: this.#shown,
      remedy: 'Check the URL of the registry, and that it is up. Nothing was lost: the same command goes on.',
    });
  }
}

/** Why a registry did not answer this time. */
class Outage {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/** @throws Error where an answer is longer than any schema */
async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('its answer is longer than 4 MiB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its answer is no JSON');
  }
}

function registered(answer: unknown): RegisteredSchema | undefined {
  const { schema, schemaType = 'AVRO', references } = (answer ?? {}) as Record<string, unknown>;
  if (typeof schema !== 'string' || typeof schemaType !== 'string') return undefined;
  return { type: schemaType, schema, references: referencesOf(references) };
}

function referencesOf(references: unknown): SchemaReference[] {
  if (!Array.isArray(references)) return [];
  return references.filter(
    (one): one is SchemaReference =>
      typeof one?.name === 'string' && typeof one.subject === 'string' && Number.isSafeInteger(one.version),
  );
}
