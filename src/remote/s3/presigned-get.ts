import { GetObjectCommand, type GetObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';

type SignedRequest = Awaited<ReturnType<Awaited<ReturnType<S3Client['config']['signer']>>['sign']>>;

/** Of a client that signs nothing, the signer cannot do this either. */
interface Presigner {
  presign?(request: SignedRequest, options: { readonly expiresIn: number }): Promise<SignedRequest>;
}

/**
 * The address of an object, with the signature of a GET in it, as the SDK's own presigner makes it: the request goes through the SDK's chain as far as
 * to its endpoint, and is then signed and not sent. Of a client that signs nothing, the plain address.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @param seconds for which it holds
 */
export async function presignedGet(
  client: S3Client,
  input: GetObjectCommandInput,
  seconds: number,
): Promise<string> {
  const command = new GetObjectCommand(input);
  let address: string | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      address = addressOf(await signed(client, args.request as SignedRequest, seconds));
      return { response: {}, output: { $metadata: {} } };
    },
    { step: 'build', priority: 'low', name: 'varvePresign' },
  );
  // With options of its own, the chain is not the one that other requests share.
  await client.send(command, {});
  return address!;
}

async function signed(
  { config }: S3Client,
  request: SignedRequest,
  expiresIn: number,
): Promise<SignedRequest> {
  const signingRegion = await config.region();
  const scheme = { name: 'sigv4', signingName: 's3', signingRegion, properties: {} };
  const signer = (await config.signer(scheme)) as Presigner;
  const { hostname, port } = request;
  const headers = {
    host: port === undefined ? hostname : `${hostname}:${port}`,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  };
  const bare = { ...request, headers, query: {} };
  return (await signer.presign?.(bare as SignedRequest, { expiresIn })) ?? (bare as SignedRequest);
}

function addressOf({ protocol, hostname, port, path, query = {} }: SignedRequest): string {
  const words = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(String(value))}`);
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${words.length === 0 ? '' : `?${words.sort().join('&')}`}`;
}

/** Percent-encode all but what RFC 3986 calls unreserved. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
