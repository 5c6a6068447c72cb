import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { VarveError } from '../errors.ts';
import type { VersionReader } from '../operations/backend/version-reader.ts';
import type { Context } from '../operations/context/context.ts';
import { openContext } from '../operations/context/open.ts';
import { namedArgument } from './named-argument.ts';
import { Revisions } from './versions/revisions.ts';
import { Versions } from './versions/versions.ts';

/** A repository as the server shows it. */
export interface ServedRepository {
  /** Its name in addresses: that of its folder, as far as S3 has such names for buckets. */
  readonly bucket: string;
  /** Absolute. */
  readonly root: string;
  /** When its folder was made. */
  readonly created: Date;
  readonly context: Context;
  readonly reader: VersionReader;
  /** The branches, tags and commits that people may name. */
  readonly revisions: Revisions;
  /** What lies at each of them. */
  readonly versions: Versions;
  close(): Promise<void>;
}

/** The repositories of a server, by their buckets. */
export interface ServedRepositories {
  readonly all: readonly ServedRepository[];
  named(bucket: string): ServedRepository | undefined;
  /** Look at each, and return those that cannot be read. */
  check(): Promise<readonly { readonly bucket: string; readonly error: unknown }[]>;
  close(): Promise<void>;
}

/**
 * Names of S3 for buckets. Source: Amazon S3 user guide, "Bucket naming rules".
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
const BUCKET = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** What the server itself answers at. */
const RESERVED = new Set(['metrics', 'healthz', 'readyz']);

/**
 * Open repositories.
 * @param named each `PATH` or `NAME=PATH`
 * @throws VarveError `bucket-name-invalid`, and as openContext
 */
export async function openRepositories(
  named: readonly string[],
  base: string,
  onWarning: (text: string) => void,
): Promise<ServedRepositories> {
  const byBucket = new Map<string, ServedRepository>();
  for (const argument of named) {
    const one = await openRepository(argument, base, onWarning);
    const other = byBucket.get(one.bucket);
    if (other !== undefined)
      throw badBucket(argument, `${other.root} and ${one.root} would both be the bucket ${one.bucket}`);
    byBucket.set(one.bucket, one);
  }
  const all = [...byBucket.values()].sort((a, b) => (a.bucket < b.bucket ? -1 : 1));
  return {
    all,
    named: (bucket) => byBucket.get(bucket),
    async check() {
      const results = await Promise.allSettled(all.map(({ revisions }) => revisions.names()));
      return results.flatMap((result, at) =>
        result.status === 'rejected' ? [{ bucket: all[at]!.bucket, error: result.reason as unknown }] : [],
      );
    },
    async close() {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}

async function openRepository(
  argument: string,
  base: string,
  onWarning: (text: string) => void,
): Promise<ServedRepository> {
  const { name, rest } = namedArgument(argument);
  const context = await openContext(resolve(base, rest), { onWarning });
  const { root } = context.repository;
  const bucket = name ?? bucketOf(basename(root));
  if (!BUCKET.test(bucket)) throw badBucket(argument, `${bucket} cannot be the name of a bucket`);
  if (RESERVED.has(bucket)) throw badBucket(argument, `the server itself answers at /${bucket}`);
  const reader = await context.backend.openReader();
  const revisions = new Revisions(root);
  const versions = new Versions(revisions, reader);
  const close = async (): Promise<void> => {
    revisions.close();
    await reader.close();
  };
  const { birthtime: created } = statSync(root);
  return { bucket, root, created, context, reader, revisions, versions, close };
}

/** The name of a folder, as S3 takes it: small letters, digits, dots and hyphens. */
function bucketOf(folder: string): string {
  return folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/\.{2,}/g, '.')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63);
}

function badBucket(argument: string, problem: string): VarveError {
  return new VarveError(
    'bucket-name-invalid',
    `The repository ${argument} cannot be served by this name: ${problem}`,
    {
      path: argument,
      remedy: 'Name its bucket by `--repo NAME=PATH`, of 3 to 63 small letters, digits, dots and hyphens.',
    },
  );
}
