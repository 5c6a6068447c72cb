/** How many arguments a method of the library takes before its options, and whether it needs a repository. */
export interface Signature {
  readonly arguments: 0 | 1 | 2;
  readonly of: 'folder' | 'repository';
}

const folder = (count: Signature['arguments']): Signature => ({ arguments: count, of: 'folder' });
const repository = (count: Signature['arguments']): Signature => ({ arguments: count, of: 'repository' });

/** The methods of the library whose results are documents: a dot leads to those of a part, as `repo.remotes.add`. */
export const SIGNATURES: Readonly<Record<string, Signature>> = {
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
  exportTable: repository(2),
  locate: repository(1),
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

export const LIBRARY_METHODS: readonly string[] = [...Object.keys(SIGNATURES), 'init'];
