import { VarveError } from '../errors.ts';
import { initRepository, openFolder, openRepository } from '../library/open.ts';
import type { ProfiledDataset } from '../operations/statistics/load.ts';
import { encodeProfile } from '../profile/format/encode.ts';
import type { TableProfile } from '../profile/model/model.ts';
import { factsOf } from '../report/facts.ts';
import { paramOf, textOf } from './params.ts';
import type { Methods, Reply, Request } from './serve.ts';

/** How many arguments a method of the library takes before its options, and whether it needs a repository. */
interface Signature {
  readonly arguments: 0 | 1 | 2;
  readonly of: 'folder' | 'repository';
}

const folder = (count: Signature['arguments']): Signature => ({ arguments: count, of: 'folder' });
const repository = (count: Signature['arguments']): Signature => ({ arguments: count, of: 'repository' });

/** The methods of the library whose results are documents: a dot leads to those of a part, as `repo.remotes.add`. */
const SIGNATURES: Readonly<Record<string, Signature>> = {
  profile: folder(1),
  validate: folder(1),
  drift: folder(2),
  get: folder(1),
  list: folder(0),
  'schema.infer': folder(1),
  'schema.show': folder(1),
  'schema.update': folder(1),
  add: repository(1),
  addChanged: repository(0),
  addInPlace: repository(1),
  status: repository(0),
  diff: repository(0),
  log: repository(1),
  which: repository(1),
  describe: repository(1),
  describeAs: repository(2),
  meta: repository(1),
  checkout: repository(0),
  restore: repository(1),
  move: repository(2),
  remove: repository(1),
  push: repository(0),
  remoteStatus: repository(0),
  fetch: repository(0),
  pull: repository(0),
  verify: repository(0),
  usage: repository(0),
  gc: repository(0),
  purge: repository(1),
  check: repository(1),
  driftHistory: repository(1),
  import: repository(2),
  update: repository(0),
  importDvc: repository(0),
  exportDvc: repository(0),
  'remotes.add': repository(2),
  'remotes.list': repository(0),
  'remotes.remove': repository(1),
  'remotes.default': repository(1),
  'remotes.clones': repository(0),
  'remotes.forgetClones': repository(1),
  'remotes.source': repository(1),
  'trust.show': repository(0),
  'trust.give': repository(1),
  'trust.list': repository(0),
  'trust.revoke': repository(0),
};

/**
 * The methods of the library, each with the parameters `folder`, `arguments` and `options`.
 * @param names what results and messages call a path in place of it
 */
export function libraryMethods(names: () => ReadonlyMap<string, string>): Methods {
  const calls = Object.entries(SIGNATURES).map(([method, signature]) => {
    const call = (request: Request): Promise<Reply> =>
      renamed(names(), () => answer(method, signature, request));
    return [method, call] as const;
  });
  const init = async ({ params }: Request): Promise<Reply> => ({
    result: await initRepository(textOf('init', params, 'folder')),
  });
  return { ...Object.fromEntries(calls), init };
}

async function answer(method: string, signature: Signature, { params, watch }: Request): Promise<Reply> {
  const given = paramOf(method, { arguments: [], ...params }, 'arguments', {
    what: `a list of ${signature.arguments}`,
    is: (value) => Array.isArray(value) && value.length === signature.arguments,
  }) as unknown[];
  const options = paramOf(method, { options: {}, ...params }, 'options', {
    what: 'an object',
    is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
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
