import { sortedMembers } from '../base/json.ts';
import type { FooterStatistics } from '../profile/footers/model.ts';
import { distinctValues } from '../profile/model/distinct-values.ts';
import type { Profile } from '../profile/model/model.ts';
import { inertJson } from '../wording/neutral.ts';

/**
 * Canonical JSON with a final newline: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript writes
 * them (RFC 8785). Equal reports are equal bytes, however they were built. Beyond RFC 8785, characters that act on a terminal are escaped.
 */
export function canonicalJson(value: unknown): string {
  return `${inertJson(JSON.stringify(value, (_key, member: unknown) => sortedMembers(member)))}\n`;
}

/** A profile as it is shown to programs: what its sketches say of distinct values beside them, a count and whether it is exact. */
export function profileDocument(profile: Profile): object {
  const tables = profile.tables.map((table) => ({
    ...table,
    features: table.features.map((feature) => ({
      ...feature,
      distinct: { ...feature.distinct, ...distinctValues(feature) },
    })),
  }));
  return inOrder({ ...profile, tables }) as object;
}

/** What footers say as it is shown to programs, which cannot take it for a profile. */
export function footersDocument(statistics: FooterStatistics): object {
  return inOrder({ ...statistics, statistics: statistics.by ?? 'footers' }) as object;
}

/** The value with the keys of canonicalJson, so that equal profiles print equal bytes, whether they were read or have just been made. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return sortedMembers(Object.fromEntries(entries.map(([key, member]) => [key, inOrder(member)])));
}
