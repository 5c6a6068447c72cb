import { isRecord } from '../base/json.ts';
import { VarveError } from '../errors.ts';
import { initRepository, openFolder, openRepository } from '../library/open.ts';
import type { ProfiledDataset } from '../operations/statistics/load.ts';
import { encodeProfile } from '../profile/format/encode.ts';
import type { TableProfile } from '../profile/model/model.ts';
import { factsOf } from '../report/facts.ts';
import { SIGNATURES, type Signature } from './library-methods.ts';
import { paramOf, textOf } from './params.ts';
import type { Reply, Request } from './serve.ts';

/**
 * Call a method of the library, with the parameters `folder`, `arguments` and `options`.
 * @param names what results and messages call a path in place of it
 */
export function callLibrary(
  method: string,
  request: Request,
  names: ReadonlyMap<string, string>,
): Promise<Reply> {
  return renamed(names, () =>
    method === 'init' ? init(request) : answer(method, SIGNATURES[method]!, request),
  );
}

async function init({ params }: Request): Promise<Reply> {
  return { result: await initRepository(textOf('init', params, 'folder')) };
}

async function answer(method: string, signature: Signature, { params, watch }: Request): Promise<Reply> {
  const given = paramOf(method, { arguments: [], ...params }, 'arguments', {
    what: `a list of ${signature.arguments}`,
    is: (value) => Array.isArray(value) && value.length === signature.arguments,
  }) as unknown[];
  const options = paramOf(method, { options: {}, ...params }, 'options', {
    what: 'an object',
    is: isRecord,
  }) as object;
  const open = signature.of === 'folder' ? openFolder : openRepository;
  const opened = await open(textOf(method, params, 'folder'), watch);
  const result = await invoke(opened, method.split('.'), [...given, options]);
  return method === 'profile' ? profileReply(result as ProfiledDataset) : { result };
}

function invoke(on: object, [name, ...more]: readonly string[], given: readonly unknown[]): unknown {
  const member = (on as Readonly<Record<string, unknown>>)[name!];
  if (more.length > 0) return invoke(member as object, more, given);
  return (member as (...given: unknown[]) => unknown).apply(on, [...given]);
}

/** A profile by its facts, and in its own format, from which the client can have it rendered. */
function profileReply({ name, digest, profile }: ProfiledDataset): Reply {
  const result = { name, digest: digest ?? null, tables: profile.tables.map(tableFacts) };
  return { result, payload: encodeProfile(profile) };
}

function tableFacts(table: TableProfile): object {
  const features = table.features.map((feature) => {
    const { engineType, present, nulls, numeric, time } = feature;
    const { write: _, min: __, max: ___, ...facts } = factsOf(feature, table);
    const { min = null, max = null } = numeric ?? time ?? {};
    return { ...facts, engineType, present, nulls, min, max };
  });
  return { name: table.name, rows: table.rows, features };
}

async function renamed(names: ReadonlyMap<string, string>, work: () => Promise<Reply>): Promise<Reply> {
  if (names.size === 0) return work();
  const inText = (text: string): string =>
    [...names].reduce((changed, [path, name]) => changed.replaceAll(path, name), text);
  try {
    const { result, ...rest } = await work();
    const change = (_key: string, value: unknown): unknown =>
      typeof value === 'string' ? (names.get(value) ?? value) : value;
    return { result: JSON.parse(JSON.stringify(result ?? null, change)), ...rest };
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    const { code, message, remedy, path, details, cause } = error;
    throw new VarveError(code, inText(message), {
      remedy: inText(remedy),
      details: details.map(inText),
      cause,
      ...(path === undefined ? {} : { path: inText(path) }),
    });
  }
}
