import type { DatasetVersion } from '../../operations/backend/version.ts';
import type { Metric } from '../../report/ci/prometheus.ts';
import { findCommit } from '../../workspace/git/named-commits.ts';
import type { ServedRepositories, ServedRepository } from '../repositories.ts';
import { gaugesOf } from './gauge.ts';

interface KnownVersion {
  readonly version: DatasetVersion;
  /** When it was committed: seconds since 1970; undefined where history does not tell. */
  readonly time: number | undefined;
}

interface KnownHead {
  readonly commit: string;
  readonly versions: readonly KnownVersion[];
}

/** Tells size and age of the version of each dataset that is current: that of HEAD. Git's history is read when HEAD moved. */
export class CurrentVersions {
  readonly #repositories: ServedRepositories;
  readonly #heads = new Map<string, KnownHead>();

  constructor(repositories: ServedRepositories) {
    this.#repositories = repositories;
  }

  /** A repository that cannot be read is left out, and told of by a metric. */
  async metrics(): Promise<Metric[]> {
    const found = await Promise.allSettled(this.#repositories.all.map((one) => this.#head(one)));
    const datasets = found.flatMap((result, at) => {
      if (result.status === 'rejected') return [];
      const { bucket } = this.#repositories.all[at]!;
      return result.value.versions.map((known) => ({ ...known, bucket }));
    });
    const gauge = gaugesOf('varve_dataset_', datasets, ({ bucket, version }) => ({
      repository: bucket,
      dataset: version.path,
    }));
    return [
      {
        name: 'varve_repository_readable',
        help: '1 where the repository can be read, else 0.',
        samples: found.map(({ status }, at) => ({
          labels: { repository: this.#repositories.all[at]!.bucket },
          value: status === 'fulfilled' ? 1 : 0,
        })),
      },
      gauge('size_bytes', 'Size of the version of a dataset that HEAD has.', ({ version }) => version.bytes),
      gauge('files', 'Files of the version of a dataset that HEAD has.', ({ version }) => version.files),
      gauge('rows', 'Rows of the version of a dataset that HEAD has.', ({ version }) => version.rows),
      gauge(
        'version_time_seconds',
        'When the version of a dataset that HEAD has was made, in seconds since 1970.',
        ({ time }) => time,
      ),
    ];
  }

  async #head({ bucket, root, context }: ServedRepository): Promise<KnownHead> {
    const known = this.#heads.get(bucket);
    const head = await findCommit(root, 'HEAD');
    if (head === undefined) return { commit: '', versions: [] };
    if (known?.commit === head.commit) return known;
    const before = new Map(known?.versions.map((one) => [one.version.path, one]));
    const { versions } = await context.backend.versionsAt(head.commit);
    const found: KnownVersion[] = [];
    for (const version of versions) {
      const same = before.get(version.path);
      const time =
        same?.version.content === version.content
          ? same.time
          : timeOf((await context.backend.history(version.path, head.commit))[0]?.date);
      found.push({ version, time });
    }
    const current = { commit: head.commit, versions: found };
    this.#heads.set(bucket, current);
    return current;
  }
}

function timeOf(date: string | undefined): number | undefined {
  return date === undefined ? undefined : Date.parse(date) / 1000;
}
