import type { EngineOptions } from '../../engine/duckdb.ts';
import { VarveError } from '../../errors.ts';

/** Options for what to count, and with how much of which machines. */
export interface ProfilingOptions {
  /** Only the rows whose feature has this value, as text. */
  readonly slice?: { readonly feature: string; readonly value: string } | undefined;
  /** The column that weights rows. */
  readonly weight?: string | undefined;
  /**
   * `strptime` formats of the dates that columns of CSV and TSV hold, by the columns' names: `{ sold: '%d/%m/%Y' }`. They win over those of the
   * schema.
   */
  readonly dateFormat?: Readonly<Record<string, string>> | undefined;
  /** The engine's most memory, such as `1GB`; 80 % of the machine's unless given. */
  readonly memory?: string | undefined;
  readonly threads?: number | undefined;
  /** Who runs the work where a profile has to be computed: this machine (`local`) unless given, or a cluster, part by part. */
  readonly engine?: ProfilingEngine | undefined;
  /**
   * The address of the cluster: as Spark takes it, `spark://host:7077`, `yarn`, `k8s://…`, `local[4]`; or as Ray does, `auto`, `host:6379`,
   * `ray://host:10001`, `local`. The engine's own setting unless given.
   */
  readonly master?: string | undefined;
  /** In how many parts a cluster does the work; twice its cores unless given. */
  readonly parts?: number | undefined;
}

/** Options for who computes what has to be computed, and with how much of which machines. */
export type ComputingOptions = Pick<ProfilingOptions, 'memory' | 'threads' | 'engine' | 'master' | 'parts'>;

/** Pick these of other options. */
export function computingOptions({
  memory,
  threads,
  engine,
  master,
  parts,
}: ComputingOptions): ComputingOptions {
  return { memory, threads, engine, master, parts };
}

export type ProfilingEngine = 'local' | 'spark' | 'ray';

export type ClusterEngine = Exclude<ProfilingEngine, 'local'>;

/** Pick the options that say how much of the machine the engine may have. */
export function engineOptions({ memory, threads }: ProfilingOptions): EngineOptions {
  return { ...(memory === undefined ? {} : { memory }), ...(threads === undefined ? {} : { threads }) };
}

/** Nobody who names a cluster means this machine. @throws VarveError `usage` for a cluster, or its parts, without an engine of clusters */
export function assertClusterNamed({ engine = 'local', master, parts }: ProfilingOptions): void {
  if (engine !== 'local' || (master ?? parts) === undefined) return;
  const given = master === undefined ? '--parts' : '--master';
  throw new VarveError(
    'usage',
    `${given} is for the engines of clusters, and this machine was to do the work`,
    {
      remedy: `Give --engine spark or --engine ray too, or leave ${given} out.`,
    },
  );
}
