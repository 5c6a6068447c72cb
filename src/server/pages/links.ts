/** The views that a page can have of what a version holds. */
export const VIEWS = ['versions', 'profile', 'drift', 'history', 'schema', 'files'] as const;
export type ViewName = (typeof VIEWS)[number];

/** What else there is at a revision. */
export type PageName = ViewName | 'datasets' | 'search' | 'revisions' | 'bytes';

/** Where all pages are: two letters, which no bucket is called. */
export const HOME = '/ui/';

/** Where a page looks at things from. */
export interface LinkPlace {
  readonly bucket: string;
  /** A revision, as addresses name it. */
  readonly at: string;
}

/** The address of a page. Names are percent-encoded; parts of a query that are undefined are left out. */
export function linkTo(
  { bucket, at }: LinkPlace,
  page: PageName,
  path = '',
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const steps = [bucket, page, at, ...(path === '' ? [] : path.split('/'))].map(encodeURIComponent);
  const asked = Object.entries(query).filter(([, value]) => value !== undefined) as [string, string][];
  const words = new URLSearchParams(asked).toString();
  return `${HOME}${steps.join('/')}${words === '' ? '' : `?${words}`}`;
}

/** What an address of a page names. */
export interface ReadLink {
  readonly bucket: string;
  readonly page: string;
  readonly at: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Read the address of a page; undefined if it is none. No part of it can hold a `/` of its own. */
export function readLink(url: string): ReadLink | undefined {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/s.exec(url)!;
  if (!path.startsWith(HOME)) return undefined;
  try {
    const steps = path.slice(HOME.length).split('/').map(decodeURIComponent);
    if (steps.some((step) => /[/\0]/.test(step))) return undefined;
    const [bucket = '', page = '', at = '', ...rest] = steps;
    return { bucket, page, at, path: rest.join('/').replace(/\/$/, ''), query: new URLSearchParams(query) };
  } catch {
    return undefined;
  }
}
