/** A folder's path apart from its Hive partitions: `data/year=2024/month=1` is `data` with two columns. */
export interface Partitioned {
  readonly folder: string;
  readonly partitions: readonly (readonly [name: string, value: string])[];
}

/** The text by which Hive writes a missing value. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

/** `path` is of a file, POSIX; segments of the form `name=value` are partitions, percent-decoded. Of a name that stands twice, the inner one counts. */
export function hiveOf(path: string): Partitioned {
  const segments = path.split('/').slice(0, -1);
  const isPartition = (segment: string) => segment.indexOf('=') > 0;
  return {
    folder: segments.filter((segment) => !isPartition(segment)).join('/'),
    partitions: [
      ...new Map(
        segments.filter(isPartition).map((segment) => {
          const at = segment.indexOf('=');
          return [decoded(segment.slice(0, at)), decoded(segment.slice(at + 1))] as const;
        }),
      ),
    ],
  };
}

/** Write a folder that {@link hiveOf} reads as this column; undefined where there is none. @param value null for a missing one */
export function partitionFolder(name: string, value: string | null): string | undefined {
  if (name === '' || LONE_SURROGATE.test(name + value)) return undefined;
  return `${escaped(name)}=${value === null ? HIVE_NULL : escaped(value)}`;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The marks that Hive and Spark escape, whose readers take each `%XX` for one character, and what Windows has in no name or not at its end.
 * Names have an end at 255 bytes, so that all else stays as it is. Source: Spark's ExternalCatalogUtils, `charToEscape`.
 */
const ESCAPED = /[\x00-\x1f\x7f"#%'*/:=?\\{[\]^<>|]|[. ]$/g;

function escaped(text: string): string {
  return text.replaceAll(
    ESCAPED,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Tells whether a partition's value stands for null. */
export function isHiveNull(value: string): boolean {
  return value === HIVE_NULL;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The type of a partition column: the narrowest of these that says every value exactly as it is written. */
export function partitionType(values: readonly string[]): 'BIGINT' | 'DATE' | 'VARCHAR' {
  const written = values.filter((value) => !isHiveNull(value));
  if (written.every(isBigint)) return 'BIGINT';
  return written.every(isDate) ? 'DATE' : 'VARCHAR';
}

function isBigint(text: string): boolean {
  return /^(0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}
