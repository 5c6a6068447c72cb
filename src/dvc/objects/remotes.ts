import { VarveError } from '../../errors.ts';
import type { ServerOptions } from '../../remote/bucket/client.ts';
import { openRemoteAt, type PlaceOptions } from '../../remote/open.ts';
import type { Remote } from '../../remote/remote.ts';
import { parseUrl, type RemotePlace } from '../../remote/url.ts';
import { describeUrl } from '../../wording/urls.ts';
import { requireTrust } from '../../workspace/trust/consent.ts';
import { type DvcConfig, isTrue, type RemoteSettings, unsupported } from '../format/config.ts';
import { folderOfRemote, schemeOf, settingsOf } from '../format/remote-settings.ts';
import type { DvcContext } from '../tree/context.ts';
import { dvcRemoteRequest } from '../trust/requests.ts';
import { FolderObjects } from './folder-objects.ts';
import type { ObjectRemote } from './object-remote.ts';
import { ServerObjects } from './server-objects.ts';

/** Kinds of remotes that varve knows as DVC does. */
const SCHEMES: readonly string[] = ['file', 's3', 'gs', 'azure', 'ssh', 'webhdfs', 'http', 'https'];

/** Settings with which varve would do something else than DVC; the value says when it may be passed over. */
const REFUSED: Record<string, (value: string) => boolean> = {
  worktree: isNotSet,
  version_aware: isNotSet,
  allow_anonymous_login: isNotSet,
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
  password: isNothing,
  passphrase: isNothing,
  ask_password: isNotSet,
  ask_passphrase: isNotSet,
  gss_auth: isNotSet,
  allow_agent: isTrue,
  kerberos: isNotSet,
  proxy_to: isNothing,
  data_proxy_target: isNothing,
  hdfscli_config: isNothing,
  auth: isNothing,
  custom_auth_header: isNothing,
  tenant_id: isNothing,
  client_id: isNothing,
  client_secret: isNothing,
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
  if (scheme !== undefined && !SCHEMES.includes(scheme))
    throw unsupported(
      `remotes of the kind ${scheme}://, as ${chosen} is,`,
      'Use DVC for this remote, or add one in a folder, on S3, or on another server that varve knows.',
      chosen,
    );
  requireTrust(root, dvcRemoteRequest(root, config, chosen));
  const folder = folderOfRemote(url);
  if (folder !== undefined)
    return new FolderObjects(context, folder, settings.get('shared')?.toLowerCase() === 'group');
  const remote = await openServer(context, url.replace(/\/+$/, ''), settings);
  return new ServerObjects(context, remote, jobsOf(settings), !scheme?.startsWith('http'));
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

function openServer({ onWarning }: DvcContext, url: string, settings: RemoteSettings): Promise<Remote> {
  const place = placeOf(parseUrl(url, '/'), settings);
  const options = { ...optionsOf(place, settings), onWarning };
  return openRemoteAt(place, url, options);
}

/** What DVC writes beside the URL, and varve in it. */
function placeOf(place: RemotePlace, settings: RemoteSettings): RemotePlace {
  if (place.kind !== 'ssh' && place.kind !== 'webhdfs' && place.kind !== 'swebhdfs') return place;
  const port = Number(settings.get('port'));
  const user = settings.get('user');
  const isTls = place.kind === 'webhdfs' && isTrue(settings.get('use_https'));
  return {
    ...place,
    ...(user && { user }),
    ...(port > 0 && { port }),
    ...(isTls && { kind: 'swebhdfs' }),
  };
}

function optionsOf(place: RemotePlace, settings: RemoteSettings): PlaceOptions {
  const endpoint = settings.get('endpointurl');
  switch (place.kind) {
    case 's3':
      return s3Options(settings);
    case 'gs': {
      const credentials = settings.get('credentialpath');
      return { ...given({ endpoint }), ...(credentials && { files: { credentials } }) };
    }
    case 'azure': {
      const { account, ...azure } = given({
        account: settings.get('account_name'),
        connection: settings.get('connection_string'),
        key: settings.get('account_key'),
        sas: settings.get('sas_token'),
      });
      return {
        // The string names its server itself, and wins, as in DVC.
        ...(account && !azure.connection && { endpoint: `https://${account}.blob.core.windows.net` }),
        ...(Object.keys(azure).length > 0 && { azure }),
      };
    }
    case 'ssh':
      return given({ key: settings.get('keyfile') });
    default:
      return given({ token: settings.get('token') });
  }
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

function isNotSet(value: string): boolean {
  return !isTrue(value);
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
