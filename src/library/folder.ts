import type { DriftReport } from '../drift/model.ts';
import { closing } from '../operations/context/closing.ts';
import type { Watch } from '../operations/context/context.ts';
import type { DriftOperationOptions } from '../operations/drift.ts';
import type { TopicOptions } from '../operations/drift-topic.ts';
import type { GetOptions, GetResult } from '../operations/get.ts';
import type { ListResult } from '../operations/list.ts';
import type { MergedProfile, MergeOptions } from '../operations/profile-merge.ts';
import type { ProfilePartOptions } from '../operations/profile-part.ts';
import type { ProfiledDataset } from '../operations/statistics/load.ts';
import type { ProfilingOptions } from '../operations/statistics/profiling-options.ts';
import type { StreamOptions } from '../operations/stream/window-options.ts';
import type { ValidateOptions } from '../operations/validate.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import {
  BYTES,
  COMPUTING,
  COUNT,
  checkArgument,
  FLAG,
  type Kind,
  type Kinds,
  SLICE,
  TEXT,
  TEXT_BY_NAME,
  TEXTS,
} from './arguments.ts';
import type { ListDataOptions } from './options.ts';
import { SchemaMethods } from './schema.ts';
import { Session } from './session.ts';

const PROFILING: Kinds<ProfilingOptions> = {
  slice: SLICE,
  weight: TEXT,
  dateFormat: TEXT_BY_NAME,
  ...COMPUTING,
};

/**
 * A folder, and what can be known of the data in it: with varve or Git around it, or without. `openFolder` makes one.
 *
 * A dataset is named as on the command line: a path, `path@REV` where the folder is in a repository, or a pattern such as
 * `data/*.csv`. What a method needs is an argument, what may be left out an option; results are the documents that the command
 * of the same name prints with `--json`. A wrong argument is a `VarveError` of the code `usage`; work that a signal stops fails
 * with the reason of that signal.
 */
export class DataFolder {
  /** Absolute. */
  readonly path: string;
  /** What the data should look like. */
  readonly schema: SchemaMethods;
  readonly #session: Session;

  /** @internal */
  static at(path: string, watch: Watch): DataFolder {
    return new DataFolder(path, watch);
  }

  protected constructor(path: string, watch: Watch) {
    this.path = path;
    this.#session = new Session(path, watch);
    this.schema = new SchemaMethods(this.#session);
  }

  /**
   * The statistics of a dataset: those that travel with its snapshot, else computed from its rows.
   * @throws VarveError `path-missing`, `data-not-tabular`, `profile-not-fetched`
   * @example
   * ```ts
   * import { openFolder, renderProfile } from 'varve';
   *
   * const folder = await openFolder('data');
   * const { profile } = await folder.profile('flights.csv', { threads: 2 });
   * console.log(profile.tables[0].rows);
   * console.log(renderProfile(profile, 'text', { color: false, width: 100 }));
   * ```
   */
  async profile(dataset: string, options: ProfilingOptions & Watch = {}): Promise<ProfiledDataset> {
    checkArgument('profile', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('profile', options, PROFILING);
    const { profile } = await import('../operations/profile.ts');
    return profile(this.path, dataset, call.options, call.watch);
  }

  /**
   * The bytes of one of `of` parts of a dataset's statistics, for `mergeProfile`. Which files and row groups are in a part follows from their
   * names and sizes, so that each part can be made on another machine. No others are read.
   * @throws VarveError `path-missing`, `data-not-tabular`, `object-missing`
   * @example
   * ```ts
   * import { writeFile } from 'node:fs/promises';
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('data');
   * for (const part of [1, 2])
   *   await writeFile(`data/${part}.part`, await folder.profilePart('*.csv', { part, of: 2 }));
   * const { profile } = await folder.mergeProfile(['2.part', '1.part']);
   * console.log(profile.tables[0].rows);
   * ```
   */
  async profilePart(dataset: string, options: ProfilePartOptions & Watch): Promise<Uint8Array> {
    checkArgument('profilePart', 'the dataset', dataset, TEXT);
    const { engine: _, master: __, parts: ___, ...counting } = PROFILING;
    const call = this.#session.begin('profilePart', options, { ...counting, part: COUNT, of: COUNT });
    const { profilePart } = await import('../operations/profile-part.ts');
    const lines: Uint8Array[] = [];
    for await (const line of profilePart(this.path, dataset, call.options, call.options, call.watch))
      lines.push(line);
    return Buffer.concat(lines);
  }

  /**
   * Put parts of a dataset's statistics together, in any order: to the byte the statistics of the whole.
   * @param files paths of what `profilePart` made, one or several parts in each
   * @throws VarveError `part-damaged`, `part-missing`, `part-repeated`, `parts-differ`, `part-unread`
   * @example
   * ```ts
   * import { writeFile } from 'node:fs/promises';
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('data');
   * await writeFile('data/whole.part', await folder.profilePart('flights.csv', { part: 1, of: 1 }));
   * const { name, profile } = await folder.mergeProfile(['whole.part']);
   * console.log(name, profile.tables[0].features.length);
   * ```
   */
  async mergeProfile(files: readonly string[], options: MergeOptions & Watch = {}): Promise<MergedProfile> {
    checkArgument('mergeProfile', 'the files', files, TEXTS);
    const { memory, threads, dateFormat } = PROFILING;
    const kinds = { dataset: TEXT, memory, threads, dateFormat };
    const call = this.#session.begin('mergeProfile', options, kinds);
    const { mergeProfile } = await import('../operations/profile-merge.ts');
    return mergeProfile(this.path, files, call.options, call.watch);
  }

  /**
   * Put some parts of a dataset's statistics together into one part, which stands for all of them and takes less room: the bytes of its file.
   * `mergeProfile` takes it in their place.
   * @param files paths of what `profilePart` or `joinProfileParts` made, one or several parts in each
   * @throws VarveError `part-damaged`, `part-repeated`, `parts-differ`
   * @example
   * ```ts
   * import { writeFile } from 'node:fs/promises';
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('data');
   * for (const part of [1, 2, 3])
   *   await writeFile(`data/${part}.part`, await folder.profilePart('*.csv', { part, of: 3 }));
   * await writeFile('data/first.part', await folder.joinProfileParts(['1.part', '2.part']));
   * const { profile } = await folder.mergeProfile(['first.part', '3.part']);
   * console.log(profile.tables[0].rows);
   * ```
   */
  async joinProfileParts(files: readonly string[], options: Watch = {}): Promise<Uint8Array> {
    checkArgument('joinProfileParts', 'the files', files, TEXTS);
    const call = this.#session.begin('joinProfileParts', options, {});
    const { joinProfileParts } = await import('../operations/profile-merge.ts');
    const lines: Uint8Array[] = [];
    for await (const line of joinProfileParts(this.path, files, call.watch)) lines.push(line);
    return Buffer.concat(lines);
  }

  /**
   * Hold a dataset against its schema.
   * @throws VarveError `schema-missing`, `schema-invalid`, `environment-unknown`, `profile-not-fetched`
   * @example
   * ```ts
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('data');
   * await folder.schema.infer('flights.csv', { output: 'expected.schema.yaml', force: true });
   * const { valid, anomalies } = await folder.validate('flights.csv', { schema: 'expected.schema.yaml' });
   * if (!valid) for (const { feature, short } of anomalies) console.log(feature, short);
   * ```
   */
  async validate(dataset: string, options: ValidateOptions & Watch = {}): Promise<ValidationReport> {
    checkArgument('validate', 'the dataset', dataset, TEXT);
    const kinds = {
      ...PROFILING,
      schema: TEXT,
      environment: TEXT,
      serving: TEXT,
      previous: TEXT,
      strict: FLAG,
    };
    const call = this.#session.begin('validate', options, kinds);
    const { validate } = await import('../operations/validate.ts');
    return validate(this.path, dataset, call.options, call.watch);
  }

  /**
   * Copy a version of a dataset, or a file or folder within one, to where nothing lies: from the repository around the folder, or from
   * another. A working tree of this machine is used as it lies; of everything else the history is cloned for this call alone.
   * @param dataset `path` or `path@REV`, also within a dataset
   * @throws VarveError `dataset-missing`, `path-missing`, `object-missing`, `output-exists`, `repository-unreachable`, `settings-untrusted`
   * @example
   * ```ts
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('.');
   * const { output, bytes } = await folder.get('data/flights.csv@v1', { output: 'flights-v1-copy.csv' });
   * console.log(output, bytes);
   * ```
   */
  async get(dataset: string, options: GetOptions & Watch = {}): Promise<GetResult> {
    checkArgument('get', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('get', options, { repository: TEXT, output: TEXT });
    const { get } = await import('../operations/get.ts');
    return get(this.path, dataset, call.options, call.watch);
  }

  /**
   * List datasets, or what lies within those that `paths` name, as a version has them: of the repository around the folder, or of another.
   * @throws VarveError `dataset-missing`, `path-missing`, `revision-unknown`, `object-missing`, `repository-unreachable`, `settings-untrusted`
   * @example
   * ```ts
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('.');
   * const { files } = await folder.list({ revision: 'v1', paths: ['data/photos'] });
   * for (const { path, kind, bytes } of files) console.log(path, kind, bytes);
   * ```
   */
  async list(options: ListDataOptions = {}): Promise<ListResult> {
    const kinds = { paths: TEXTS, revision: TEXT, recursive: FLAG, repository: TEXT };
    const call = this.#session.begin('list', options, kinds);
    const { repository, revision, paths = [], recursive } = call.options;
    const { listAt } = await import('../operations/list.ts');
    const { openRepositoryAt } = await import('../operations/context/open-other.ts');
    return closing(await openRepositoryAt(this.path, repository, call.watch), ({ context, commit }) =>
      listAt(context, revision ?? commit, paths, { recursive }),
    );
  }

  /**
   * What changed between two datasets, versions or slices, strongest first.
   * @throws VarveError `slice-empty`, `baseline-invalid`, `profile-not-fetched`, `path-missing`
   * @example
   * ```ts
   * import { openFolder, renderDrift } from 'varve';
   *
   * const folder = await openFolder('.');
   * const report = await folder.drift('data/flights.csv@v1', 'data/flights.csv');
   * if (report.verdict === 'drift') console.log(renderDrift(report, 'markdown', { color: false, width: 100 }));
   * ```
   */
  async drift(
    before: string,
    after: string,
    options: DriftOperationOptions & Watch = {},
  ): Promise<DriftReport> {
    checkArgument('drift', 'the dataset before', before, TEXT);
    checkArgument('drift', 'the dataset after', after, TEXT);
    const own = { sliceAfter: SLICE, schema: TEXT, baseline: TEXT, disjointKeys: FLAG };
    const call = this.#session.begin('drift', options, { ...PROFILING, ...own });
    const { drift } = await import('../operations/drift.ts');
    return drift(this.path, [before, after], call.options, call.watch);
  }

  /**
   * Compare JSON Lines, window by window, with a dataset: each report as soon as its window is full. Memory grows neither with
   * the window nor with the stream.
   * @param bytes such as a Readable
   * @example
   * ```ts
   * import { Readable } from 'node:stream';
   * import { openFolder } from 'varve';
   *
   * const folder = await openFolder('data');
   * const lines = Readable.from([Buffer.from('{"delay":7,"carrier":"B"}\n'.repeat(200))]);
   * for await (const report of folder.driftStream('flights.csv', lines, { window: 100 })) console.log(report.verdict);
   * ```
   */
  driftStream(
    dataset: string,
    bytes: AsyncIterable<Uint8Array>,
    options: StreamOptions & Watch,
  ): AsyncGenerator<DriftReport> {
    checkArgument('driftStream', 'the dataset', dataset, TEXT);
    checkArgument('driftStream', 'the stream', bytes, BYTES);
    const call = this.#session.begin('driftStream', options, {
      ...PROFILING,
      schema: TEXT,
      environment: TEXT,
      ...STREAM,
    });
    checkArgument('driftStream', 'the option window', call.options.window, WINDOW);
    return windows(this.path, dataset, bytes, call.options, call.watch);
  }

  /**
   * Compare the messages of a topic of Kafka, window by window, with a dataset. Offsets are committed when the next report is asked for. Needs
   * the package kafkajs; TLS, users and passwords come from variables such as KAFKA_SASL_PASSWORD, and ~/.config/kcat.conf.
   * @param url `kafka://broker[:port][,broker…]/topic`
   * @throws VarveError `stream-url-invalid`, `stream-unreachable`, `stream-refused`, `topic-missing`, `driver-missing`
   */
  driftTopic(dataset: string, url: string, options: TopicOptions & Watch): AsyncGenerator<DriftReport> {
    checkArgument('driftTopic', 'the dataset', dataset, TEXT);
    checkArgument('driftTopic', 'the URL', url, TEXT);
    const call = this.#session.begin('driftTopic', options, {
      ...PROFILING,
      schema: TEXT,
      environment: TEXT,
      ...STREAM,
      group: TEXT,
      from: TEXT,
      until: TEXT,
      registry: TEXT,
    });
    checkArgument('driftTopic', 'the option window', call.options.window, WINDOW);
    return topicWindows(this.path, dataset, url, call.options, call.watch);
  }
}

/** Rows, or minutes such as `15m`. */
const WINDOW: Kind = {
  what: 'a whole number above 0, or minutes such as 15m',
  is: (value) => COUNT.is(value) || TEXT.is(value),
};
const STREAM = { window: WINDOW, eventTime: TEXT, lateness: TEXT };

async function* topicWindows(
  cwd: string,
  dataset: string,
  url: string,
  options: TopicOptions,
  watch: Watch,
): AsyncGenerator<DriftReport> {
  const { driftTopic } = await import('../operations/drift-topic.ts');
  yield* driftTopic(cwd, dataset, url, options, watch);
}

async function* windows(
  cwd: string,
  dataset: string,
  bytes: AsyncIterable<Uint8Array>,
  options: StreamOptions,
  watch: Watch,
): AsyncGenerator<DriftReport> {
  const { driftStream } = await import('../operations/drift-stream.ts');
  yield* driftStream(cwd, dataset, bytes, options, watch);
}
