/**
 * What the environment and the files of AWS say about S3, as its command line reads them. Source: the AWS SDKs and Tools Reference
 * Guide, "Service-specific endpoints", "General configuration".
 */

import { getProfileName, parseKnownFiles } from '@smithy/core/config';
import { VarveError } from '../../errors.ts';
import type { ServerOptions } from '../bucket/client.ts';

export interface AwsSettings {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** Path of the certificates that are trusted. */
  readonly bundle: string | undefined;
  /** How the bucket is named in requests: in the name of the host, or in the path. */
  readonly addressing: string | undefined;
}

type Profiles = Awaited<ReturnType<typeof parseKnownFiles>>;

/**
 * Read the settings of the chosen profile. What the environment says wins, as it does for AWS's tools.
 * @throws VarveError `aws-profile-missing` if a profile is named, and no file has it
 */
export async function awsSettings(options: ServerOptions): Promise<AwsSettings> {
  const { env } = process;
  const chosen = { ...(options.profile && { profile: options.profile }) };
  const profiles = await parseKnownFiles({ ...pathsOf(options.files), ...chosen });
  const name = getProfileName(chosen);
  const isNamed = options.profile !== undefined || Boolean(env.AWS_PROFILE);
  if (isNamed && profiles[name] === undefined && options.credentials === undefined)
    throw profileMissing(name);
  const said = profiles[name] ?? {};
  return {
    endpoint: isIgnored(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? said.ignore_configured_endpoint_urls)
      ? undefined
      : env.AWS_ENDPOINT_URL_S3 ||
        env.AWS_ENDPOINT_URL ||
        endpointOfServices(profiles, said) ||
        said.endpoint_url ||
        undefined,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || said.region || undefined,
    bundle: env.AWS_CA_BUNDLE || said.ca_bundle || undefined,
    addressing: said['s3.addressing_style'],
  };
}

/** `services = NAME` of a profile leads to `[services NAME]`, which has `s3 =` and below it `endpoint_url`. */
function endpointOfServices(profiles: Profiles, { services }: Profiles[string]): string | undefined {
  return services === undefined ? undefined : profiles[`services.${services}`]?.['s3.endpoint_url'];
}

function isIgnored(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}

/** The files that are read instead of the usual ones, as the SDK names them. */
export function pathsOf({ config, credentials }: ServerOptions['files'] = {}) {
  return { ...(config && { configFilepath: config }), ...(credentials && { filepath: credentials }) };
}

function profileMissing(name: string): VarveError {
  return new VarveError('aws-profile-missing', `The AWS configuration files have no profile ${name}`, {
    path: name,
    remedy:
      '`aws configure list-profiles` lists those there are; `profile` in the settings of the remote, or AWS_PROFILE, names one.',
  });
}
