import type { Pointer } from './pointer.ts';

/**
 * Say where the data of a pointer comes from, so that two versions can be compared: the database, the topic, the other repository or the place
 * where it lies. How far it was taken from there is no part of that; where it ends is, and so is which branch or version of a table was named.
 * Nothing is cut from it: whoever shows it does that, once it is compared.
 * @returns undefined for data that was only ever added here
 */
export function originOf({ database, topic, source, imported, table }: Pointer): string | undefined {
  if (database !== undefined) {
    const { url, table, query, incremental } = database;
    const behind = incremental === undefined ? '' : `, what is new by ${incremental.column}`;
    return `${table === undefined ? `query ${query}` : `table ${table}`} of ${url}${behind}`;
  }
  if (topic !== undefined) {
    const { url, registry, until } = topic;
    const schemas = registry === undefined ? '' : `, schemas of ${registry}`;
    return `${url}${schemas}${until === undefined ? '' : `, until ${until}`}`;
  }
  if (imported !== undefined) {
    const { repository, path, revision } = imported;
    return `${path}${revision === undefined ? '' : `@${revision}`} of ${repository}`;
  }
  const { branch, at } = table ?? {};
  const named = branch === undefined ? (at === undefined ? '' : `, at ${at}`) : `, branch ${branch}`;
  return source && source + named;
}
