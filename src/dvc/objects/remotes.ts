import { VarveError } from '../../errors.ts';
import { BucketRemote } from '../../remote/bucket/bucket.ts';
import { describeUrl, openBucket } from '../../remote/open.ts';
import { parseUrl } from '../../remote/url.ts';
import { type DvcConfig, isTrue, type RemoteSettings, unsupported } from '../format/config.ts';
import type { DvcContext } from '../tree/context.ts';
import { BucketObjects } from './bucket-objects.ts';
import { FolderObjects } from './folder-objects.ts';
import type { ObjectRemote } from './object-remote.ts';

/** Settings with which varve would do something else than DVC; the value says when it may be passed over. */
const REFUSED: Record<string, (value: string) => boolean> = {
  worktree: (value) => !isTrue(value),
  version_aware: (value) => !isTrue(value),
  allow_anonymous_login: (value) => !isTrue(value),
  ssl_verify: isTrue,
  use_ssl: isTrue,
  sse: isNothing,
  sse_kms_key_id: isNothing,
  sse_customer_algorithm: isNothing,
  sse_customer_key: isNothing,
  acl: isNothing,
  grant_read: isNothing,
  grant_read_acp: isNothing,
  grant_write_acp: isNothing,
  grant_full_control: isNothing,
};

/**
 * The remote of this name in DVC's configuration, or its default one. Close it.
 * @throws VarveError `no-remote`, `unknown-remote`, `dvc-unsupported`
 */
export async function openDvcRemote(context: DvcContext, name: string | undefined): Promise<ObjectRemote> {
  const { config } = context.repository;
  const { name: chosen } = chosenRemote(config, name);
  const settings = settingsOf(config, chosen, 0);
  const url = settings.get('url') ?? '';
  const scheme = /^(\w[\w+.-]+):\/\//.exec(url)?.[1]?.toLowerCase();
  refuseSettings(chosen, settings);
  if (scheme === undefined || scheme === 'file') {
    const folder = scheme === undefined ? url : decodeURIComponent(new URL(url).pathname);
    return new FolderObjects(context, folder, settings.get('shared')?.toLowerCase() === 'group');
  }
  if (scheme !== 's3')
    throw unsupported(
      `remotes of the kind ${scheme}://, as ${chosen} is,`,
      'Use DVC for this remote, or add one in a folder or on S3.',
      chosen,
    );
  return new BucketObjects(
    context,
    await openBucketRemote(url.replace(/\/+$/, ''), settings),
    jobsOf(settings),
  );
}

/** The name and, without credentials, the URL of what openDvcRemote opens. */
export function chosenRemote(config: DvcConfig, name: string | undefined): { name: string; url: string } {
  const chosen = name?.toLowerCase() ?? config.defaultRemote;
  if (chosen === undefined) throw noRemote(config);
  return { name: chosen, url: describeUrl(settingsOf(config, chosen, 0).get('url') ?? '') };
}

async function openBucketRemote(url: string, settings: RemoteSettings): Promise<BucketRemote> {
  const place = parseUrl(url, '/');
  if (place.kind === 'folder')
    throw unsupported(`the URL ${describeUrl(url)}`, 'Write it as s3://bucket/prefix.');
  const options = s3Options(settings);
  return new BucketRemote(await openBucket(place, options), url, place.prefix);
}

function s3Options(settings: RemoteSettings) {
  useFiles(settings);
  const [accessKeyId, secretAccessKey, sessionToken] = [
    'access_key_id',
    'secret_access_key',
    'session_token',
  ].map((key) => settings.get(key));
  const options = {
    endpoint: settings.get('endpointurl'),
    region: settings.get('region'),
    profile: settings.get('profile'),
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== '');
  const keys =
    accessKeyId && secretAccessKey
      ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
      : undefined;
  return {
    ...(Object.fromEntries(given) as { [Key in keyof typeof options]?: string }),
    ...(keys && { credentials: keys }),
  };
}

/** As DVC does: files of credentials are named to the client library by its own variables, where those are not set. */
function useFiles(settings: RemoteSettings): void {
  const [credentials, configuration] = [settings.get('credentialpath'), settings.get('configpath')];
  if (credentials) process.env.AWS_SHARED_CREDENTIALS_FILE ??= credentials;
  if (configuration) process.env.AWS_CONFIG_FILE ??= configuration;
}

/** `remote://other/path` borrows the settings of another remote. */
function settingsOf(config: DvcConfig, name: string, depth: number): RemoteSettings {
  const own = config.remotes.get(name);
  if (own === undefined || depth > 8) {
    throw new VarveError('unknown-remote', `DVC's configuration has no remote named ${name}`, {
      path: name,
      remedy: `It has ${[...config.remotes.keys()].join(', ') || 'none'}; add one with \`dvc remote add\`.`,
    });
  }
  const [, base, path] = /^remote:\/\/([^/]+)\/?(.*)$/s.exec(own.get('url') ?? '') ?? [];
  if (base === undefined) return own;
  const below = settingsOf(config, base.toLowerCase(), depth + 1);
  return new Map([...below, ...own, ['url', `${below.get('url')}/${path}`]]);
}

function refuseSettings(name: string, settings: RemoteSettings): void {
  for (const [key, value] of settings) {
    if (REFUSED[key]?.(value) ?? true) continue;
    throw unsupported(`the setting ${key}, which the remote ${name} has,`, 'Use DVC for this remote.', name);
  }
}

function isNothing(value: string): boolean {
  return value === '';
}

function jobsOf(settings: RemoteSettings): number | undefined {
  const jobs = Number(settings.get('jobs'));
  return Number.isSafeInteger(jobs) && jobs >= 1 ? jobs : undefined;
}

function noRemote(config: DvcConfig): VarveError {
  const names = [...config.remotes.keys()];
  return new VarveError(
    'no-remote',
    names.length === 0 ? 'DVC has no remote here' : 'DVC has no default remote here',
    {
      path: '.dvc/config',
      remedy:
        names.length === 0
          ? 'Run `dvc remote add --default origin URL`.'
          : `Name one with \`--remote\`, or run \`dvc remote default NAME\` (${names.join(', ')}).`,
    },
  );
}
