import { VarveError } from '../../errors.ts';
import { parseUrl } from '../../remote/url.ts';
import type { DvcConfig } from './config.ts';

/** One setting of a remote. */
export interface Setting {
  readonly value: string;
  /** The repository's file that says so; undefined if this machine's own configuration does. */
  readonly file: string | undefined;
}

const MAX_REFERENCES = 8;

/**
 * All settings of a remote: `remote://other/path` borrows those of another one.
 * @throws VarveError `remote-unknown`
 */
export function settingsOf(config: DvcConfig, name: string, depth = 0): ReadonlyMap<string, Setting> {
  const values = config.remotes.get(name);
  if (values === undefined || depth > MAX_REFERENCES) throw unknownRemote(config, name);
  const own = new Map(
    [...values].map(([key, value]) => [key, { value, file: config.files.get(`remotes.${name}.${key}`) }]),
  );
  const url = own.get('url');
  const [, base, path] = /^remote:\/\/([^/]+)\/?(.*)$/s.exec(url?.value ?? '') ?? [];
  if (base === undefined) return own;
  const below = settingsOf(config, base.toLowerCase(), depth + 1);
  const place = below.get('url');
  return new Map([
    ...below,
    ...own,
    ['url', { value: `${place?.value ?? ''}/${path}`, file: url!.file ?? place?.file }],
  ]);
}

/** The absolute folder that a remote's URL means; undefined if it is no folder. @throws VarveError `remote-url-invalid` */
export function folderOfRemote(url: string): string | undefined {
  const scheme = schemeOf(url);
  if (scheme === undefined) return url;
  const place = scheme === 'file' ? parseUrl(url, '/') : undefined;
  return place?.kind === 'folder' ? place.path : undefined;
}

export function schemeOf(url: string): string | undefined {
  return /^(\w[\w+.-]+):\/\//.exec(url)?.[1]?.toLowerCase();
}

function unknownRemote({ remotes }: DvcConfig, name: string): VarveError {
  return new VarveError('remote-unknown', `DVC's configuration has no remote named ${name}`, {
    path: name,
    remedy: `It has ${[...remotes.keys()].join(', ') || 'none'}; add one with \`dvc remote add\`.`,
  });
}
