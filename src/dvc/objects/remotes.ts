import { VarveError } from '../../errors.ts';
import { BucketRemote } from '../../remote/bucket/bucket.ts';
import type { ServerOptions } from '../../remote/bucket/client.ts';
import { openBucket } from '../../remote/open.ts';
import { parseUrl } from '../../remote/url.ts';
import { describeUrl } from '../../wording/urls.ts';
import { requireTrust } from '../../workspace/trust/consent.ts';
import { type DvcConfig, isTrue, type RemoteSettings, unsupported } from '../format/config.ts';
import { folderOfRemote, schemeOf, settingsOf } from '../format/remote-settings.ts';
import type { DvcContext } from '../tree/context.ts';
import { dvcRemoteRequest } from '../trust/requests.ts';
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
 * @throws VarveError `remote-unset`, `remote-unknown`, `dvc-unsupported`, `settings-untrusted`
 */
export async function openDvcRemote(context: DvcContext, name: string | undefined): Promise<ObjectRemote> {
  const { config, root } = context.repository;
  const { name: chosen } = chosenRemote(config, name);
  const settings = valuesOf(config, chosen);
  const url = settings.get('url') ?? '';
  refuseSettings(chosen, settings);
  const scheme = schemeOf(url);
  if (scheme !== undefined && scheme !== 'file' && scheme !== 's3')
    throw unsupported(
      `remotes of the kind ${scheme}://, as ${chosen} is,`,
      'Use DVC for this remote, or add one in a folder or on S3.',
      chosen,
    );
  requireTrust(root, dvcRemoteRequest(root, config, chosen));
  const folder = folderOfRemote(url);
  if (folder !== undefined)
    return new FolderObjects(context, folder, settings.get('shared')?.toLowerCase() === 'group');
  return new BucketObjects(
    context,
    await openBucketRemote(context, url.replace(/\/+$/, ''), settings),
    jobsOf(settings),
  );
}

function valuesOf(config: DvcConfig, name: string): RemoteSettings {
  return new Map([...settingsOf(config, name)].map(([key, { value }]) => [key, value]));
}

/** The name and, without credentials, the URL of what openDvcRemote opens. */
export function chosenRemote(config: DvcConfig, name: string | undefined): { name: string; url: string } {
  const chosen = name?.toLowerCase() ?? config.defaultRemote;
  if (chosen === undefined) throw noRemote(config);
  return { name: chosen, url: describeUrl(valuesOf(config, chosen).get('url') ?? '') };
}

async function openBucketRemote(
  { onWarning }: DvcContext,
  url: string,
  settings: RemoteSettings,
): Promise<BucketRemote> {
  const place = parseUrl(url, '/');
  if (!('prefix' in place))
    throw unsupported(`the URL ${describeUrl(url)}`, 'Write it as s3://bucket/prefix.');
  const client = await openBucket(place, { ...s3Options(settings), onWarning });
  return new BucketRemote(client, url, place.prefix);
}

function s3Options(settings: RemoteSettings): ServerOptions {
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
  const files = filesOf(settings);
  const keys =
    accessKeyId && secretAccessKey
      ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
      : undefined;
  return { ...given(options), ...(keys && { credentials: keys }), ...(files && { files }) };
}

/** Let variables of the client library win over files that the settings name, as DVC does. */
function filesOf(settings: RemoteSettings): ServerOptions['files'] {
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  const files = given({
    config: AWS_CONFIG_FILE ? undefined : settings.get('configpath'),
    credentials: AWS_SHARED_CREDENTIALS_FILE ? undefined : settings.get('credentialpath'),
  });
  return Object.keys(files).length === 0 ? undefined : files;
}

/** Without what is not set, or set to nothing. */
function given<Key extends string>(
  values: Readonly<Record<Key, string | undefined>>,
): { [K in Key]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as { [K in Key]?: string };
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
    'remote-unset',
    names.length === 0 ? 'DVC has no remote here' : 'DVC has no default remote here',
    {
      path: '.dvc/config',
      remedy:
        names.length === 0
          ? 'Run `dvc remote add --default origin URL`.'
          : `Run \`dvc remote default NAME\`, where NAME is one of ${names.join(', ')}.`,
    },
  );
}
