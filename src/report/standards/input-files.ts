import { VarveError } from '../../errors.ts';
import { neutral } from '../../wording/neutral.ts';
import { fileFormatOf } from './file-formats.ts';

/** How the addresses of a version's files are told: one a line, or as what trains there reads them. */
export const ADDRESS_FORMATS = ['text', 'sagemaker', 'vertex'] as const;

export type AddressFormat = (typeof ADDRESS_FORMATS)[number];

/** A file of a version, and where it lies; null where no address leads to it alone. */
export interface AddressedFile {
  readonly path: string;
  readonly url: string | null;
}

/** The key of a file's address in an import file of Vertex AI, by the end of its name ("Prepare image, text, video training data"). */
const VERTEX_KEYS: Readonly<Record<string, string>> = {
  bmp: 'imageGcsUri',
  gif: 'imageGcsUri',
  ico: 'imageGcsUri',
  jpeg: 'imageGcsUri',
  jpg: 'imageGcsUri',
  png: 'imageGcsUri',
  txt: 'textGcsUri',
  avi: 'videoGcsUri',
  mov: 'videoGcsUri',
  mp4: 'videoGcsUri',
};

/**
 * The addresses of files as a document, ending in a newline if there is any: of `sagemaker` the manifest that an input channel takes as
 * S3DataType ManifestFile, of `vertex` the import file of a managed dataset, a JSON object a line.
 * @throws VarveError `url-missing`, `table-place-unsupported`, `format-unsupported`
 * @example
 * ```ts
 * import { openRepository, renderAddresses } from 'varve';
 *
 * const repo = await openRepository();
 * const { files } = await repo.locate('data/trips@v1');
 * console.log(renderAddresses(files, 'sagemaker'));
 * ```
 */
export function renderAddresses(files: readonly AddressedFile[], format: AddressFormat): string {
  if (format === 'text') return files.map(({ url }) => (url === null ? '' : `${neutral(url)}\n`)).join('');
  const scheme = format === 'sagemaker' ? 's3' : 'gs';
  const places = files.map(({ path, url }) => ({ path, url: addressIn(scheme, path, url) }));
  if (format === 'vertex') return places.map((file) => `${JSON.stringify(vertexItem(file))}\n`).join('');
  return `${JSON.stringify(manifest(places.map(({ url }) => url)), undefined, 2)}\n`;
}

function addressIn(scheme: string, path: string, url: string | null): string {
  if (url === null) {
    throw new VarveError(
      'url-missing',
      `${path} lies on the remote among other files, or in chunks, so that no address leads to it`,
      {
        path,
        remedy:
          'Copy the version by `varve get` to a place of its own, or read it through the gateway of `varve serve`.',
      },
    );
  }
  if (url.startsWith(`${scheme}://`)) return url;
  throw new VarveError('table-place-unsupported', `${path} does not lie in a bucket of ${scheme}://`, {
    path,
    remedy: `Push to a remote at ${scheme}://, and name it by \`--remote\`.`,
  });
}

/** A prefix, then what follows it in each address. Source: `S3DataSource` of the API of SageMaker. */
function manifest(urls: readonly string[]): unknown[] {
  if (urls.length === 0) return [];
  const [first, ...others] = urls as [string, ...string[]];
  let end = first.lastIndexOf('/') + 1;
  while (!others.every((url) => url.startsWith(first.slice(0, end))))
    end = first.lastIndexOf('/', end - 2) + 1;
  return [{ prefix: first.slice(0, end) }, ...urls.map((url) => url.slice(end))];
}

function vertexItem({ path, url }: { readonly path: string; readonly url: string }): object {
  const key = VERTEX_KEYS[fileFormatOf(path)];
  if (key !== undefined) return { [key]: url };
  throw new VarveError(
    'format-unsupported',
    `${path} is no image, text or video that Vertex AI imports one by one`,
    {
      path,
      remedy:
        'Name the folder within the dataset that holds such files, or leave `--format` out for plain addresses.',
    },
  );
}
