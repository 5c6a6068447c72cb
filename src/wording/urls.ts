/** Two letters at least, so that `C:\data` stays a path. */
export const URL_SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//;
/** Schemes whose URLs name a user, which is no secret. */
const WITH_USER = /^(ssh|sftp|s?webhdfs|mysql|mariadb|postgres|postgresql):\/{1,2}$/i;

/**
 * User and password of an address without `//` behind its scheme, or without a scheme: `ann:password@host`, `postgresql:ann:password@host`.
 * Two letters at least, as above; Git's `git@host:path` and what people write behind a colon are none.
 */
const BARE_USER = /^(?:\/\/)?[^\s/@:\\]{2,}:.*@/s;

/** Write a URL as messages may show it: without user, password, query or fragment. */
export function describeUrl(url: string): string {
  const scheme = URL_SCHEME.exec(url)?.[0];
  // What is mistyped is no URL of any kind, and may hold a password all the same.
  if (scheme === undefined) return withoutSecrets(url.replace(BARE_USER, ''));
  return scheme + withoutPassword(scheme, url.slice(scheme.length)).replace(/[?#].*$/s, '');
}

/** Cut off what stands before the host, but for the user of a scheme that names one. */
function withoutPassword(scheme: string, rest: string): string {
  const user = WITH_USER.test(scheme) ? (/^[^\s:@/?#]+@(?=[^@/?#]*(?:[/?#]|$))/.exec(rest)?.[0] ?? '') : '';
  return user + withoutUser(rest.slice(user.length));
}

/** Cut off user and password, before the query: a password may hold any character, as secret keys of AWS hold slashes. */
function withoutUser(rest: string): string {
  const [authority] = /^[^/?#]*/.exec(rest)!;
  // A colon may begin a password, which may hold slashes. It may begin a port too: then a path with an @ in it is shown behind the host.
  const end = authority.includes(':') ? rest.lastIndexOf('@') : authority.lastIndexOf('@');
  if (end >= 0) return (end < authority.length ? '' : hostWithPort(authority)) + rest.slice(end + 1);
  // A password whose end was cut off, at a quotation mark in it. PORT is what remedies write for a number.
  return authority.startsWith('[')
    ? rest
    : rest.replace(/^([^/?#:]*):(?!(?:\d{0,5}|PORT;?)(?:[/?#]|$)).*/s, '$1:…');
}

/** What clients take for the host, which no path may stand in for; '' where the colon begins no port. */
function hostWithPort(authority: string): string {
  return /^[^:]*:0*\d{0,5}$|^\[[^\]]*\](?::0*\d{0,5})?$/.test(authority) ? `${authority}/…@` : '';
}

/** URLs within a text, up to white space or what quotes them; one slash is what paths make of two. Bounded, so that no text takes long. */
const URLS = /([a-z0-9][a-z0-9+.-]{1,30}:\/{1,2})([^\s"'`<>]+)/gi;
/** Names of parameters that grant something: of signed URLs of AWS, Google and Azure, and of tokens of any kind. */
const GRANTING =
  /[?&#;][^=&;?#]{0,40}(sig|token|delegation|secret|password|passwd|pwd|credential|key(?!words?=)|auth(?!ors?=)|sas)[^=&;?#]{0,40}=/i;

/** Take the credentials out of the URLs in a text that a person or a library wrote, so that messages may show it. */
export function withoutSecrets(text: string): string {
  return text.replace(URLS, (_, scheme: string, rest: string) => {
    const shown = withoutPassword(scheme, rest);
    return scheme + (GRANTING.test(rest) ? shown.replace(/[?#].*$/s, '') : shown);
  });
}

/**
 * Tell whether a text has a URL with a password, a user where none belongs, or a query that grants something, such as that of a signed URL.
 * What is kept in Git for others may not.
 */
export function holdsSecret(text: string): boolean {
  if (/^(?!mailto:)(?:\/\/[^\s/@:\\]+|[^\s/@:\\]{2,}):[^\s/@]+@[^\s@]+$/i.test(text)) return true;
  for (const [url, scheme, rest] of text.matchAll(URLS)) {
    if (GRANTING.test(rest!)) return true;
    if (!URL.canParse(url)) {
      if (withoutPassword(scheme!, rest!) !== rest) return true;
      continue;
    }
    const { username, password } = new URL(url);
    if (password !== '' || (username !== '' && !WITH_USER.test(scheme!))) return true;
  }
  return false;
}
