import type { Pointer } from './pointer.ts';

/**
 * Say where the data of a pointer comes from, so that two versions can be compared: the database, the topic, the other repository or the place
 * where it lies. How far it was taken from there is no part of that; where it ends is, and so is which branch or version of a table was named.
 * Nothing is cut from it: whoever shows it does that, once it is compared. Who is asked comes first, which nothing behind it can push out of
 * sight, and what somebody named stands in quotes.
 * @returns undefined for data that was only ever added here
 */
export function originOf({ database, topic, source, imported, table }: Pointer): string | undefined {
  if (database !== undefined) {
    const { url, table, query, incremental } = database;
    const by = incremental === undefined ? '' : `what is new by ${JSON.stringify(incremental.column)} of `;
    return `${url}, ${by}${table === undefined ? `query ${JSON.stringify(query)}` : `table ${JSON.stringify(table)}`}`;
  }
  if (topic !== undefined) {
    const { url, registry, until } = topic;
    const schemas = registry === undefined ? '' : `, schemas of ${registry}`;
    return `${url}${schemas}${until === undefined ? '' : `, until ${until}`}`;
  }
  if (imported !== undefined) {
    const { repository, path, revision } = imported;
    return `${repository}, ${JSON.stringify(path)}${revision === undefined ? '' : ` at ${JSON.stringify(revision)}`}`;
  }
  const { branch, at } = table ?? {};
  const named =
    branch === undefined
      ? at === undefined
        ? ''
        : `, at ${JSON.stringify(at)}`
      : `, branch ${JSON.stringify(branch)}`;
  return source && source + named;
}
