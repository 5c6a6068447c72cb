import { VarveError } from '../../errors.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { Profile } from '../../profile/model/model.ts';
import { FILES_TABLE } from '../../profile/model/tables.ts';
import type { Schema, TableSchema } from '../../schema/model.ts';
import { isInEnvironment } from '../../schema/rules/presence.ts';

/** The columns of a snapshot, by which rows of requests are named. */
export interface ServedColumns {
  readonly names: ReadonlySet<string>;
  /** Names at every depth, each behind those around it, as nestedName has them. */
  readonly nested: ReadonlySet<string>;
  /** Orders in which a request may give values without names; no two have one length. */
  readonly orders: ReadonlyMap<number, readonly string[]>;
}

/**
 * Tell which columns requests may have, and in which order values without names are: that of the schema, as a whole and in each of its
 * environments, since a request lacks the label that training data has; without a schema, that of the snapshot. Orders of one length
 * that differ count for nothing: nobody could tell which is meant.
 */
export function servedColumns(profile: Profile, schema: Schema | undefined): ServedColumns {
  const tables = profile.tables.filter(({ name }) => name !== FILES_TABLE);
  const inData = [...new Set(tables.flatMap(({ features }) => features.map(({ path }) => path[0]!)))];
  const orders = new Map<number, readonly string[] | undefined>();
  for (const order of schema === undefined ? [inData] : schemaOrders(schema, inData)) {
    const other = orders.get(order.length);
    const isNew = other === undefined && !orders.has(order.length);
    if (isNew || other?.join('\0') === order.join('\0')) orders.set(order.length, order);
    else orders.set(order.length, undefined);
  }
  const known = [...orders].filter((entry): entry is [number, readonly string[]] => entry[1] !== undefined);
  const paths = tables.flatMap(({ features }) => features.map(({ path }) => path));
  return { names: new Set(inData), nested: nestedNames(paths), orders: new Map(known) };
}

/** The name of a value within another. Lists around it do not count. @param around '' for a column */
export function nestedName(around: string, name: string): string {
  return around === '' ? name : `${around}\0${name}`;
}

/** What stands in place of the names within a map, which are values and no features. */
export const ANY_NAME = '\0';

function nestedNames(paths: readonly (readonly string[])[]): Set<string> {
  const names = new Set<string>();
  for (const path of paths) {
    // As the engine has maps: lists of keys and values.
    const isMap = path.at(-2) === '[]' && (path.at(-1) === 'key' || path.at(-1) === 'value');
    let around = '';
    for (const name of isMap ? path.slice(0, -2) : path) {
      if (name === '[]') continue;
      around = nestedName(around, name);
      names.add(around);
    }
    if (isMap) names.add(nestedName(around, ANY_NAME));
  }
  return names;
}

function schemaOrders(schema: Schema, inData: readonly string[]): string[][] {
  const byName = new Map(inData.map((column) => [featureName([column]), column]));
  const environments = new Set([
    undefined,
    ...schema.environments,
    ...schema.tables.flatMap(({ features }) => features.flatMap((one) => [...one.in, ...one.notIn])),
  ]);
  const table: TableSchema | undefined = schema.tables[0];
  return [...environments].map((environment) =>
    (table?.features ?? [])
      .filter((one) => one.deprecated !== true && isInEnvironment(schema, one, environment))
      .flatMap(({ name }) => byName.get(name) ?? []),
  );
}

/** Name values by their places. @throws VarveError `request-invalid` where no order has so many */
export function namedByPlace(values: readonly unknown[], { orders }: ServedColumns): Record<string, unknown> {
  const order = orders.get(values.length);
  if (order === undefined) throw placesUnknown(values.length, orders);
  const row: Record<string, unknown> = {};
  for (let place = 0; place < order.length; place++) setOwn(row, order[place]!, values[place]);
  return row;
}

/** Set a value under a name that anybody may have chosen. */
export function setOwn(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') row[name] = value;
  else Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
}

function placesUnknown(count: number, orders: ServedColumns['orders']): VarveError {
  const known = [...orders.keys()].join(' or ');
  return requestInvalid(
    `a row of it has ${count} values without names, and the schema gives the places of ${known || 'none'}`,
  );
}

/** What is wrong with a request. @param problem begins in small letters: `a row of it has …` */
export function requestInvalid(problem: string): VarveError {
  return new VarveError('request-invalid', `A request cannot be read: ${problem}`, {
    remedy:
      'Send rows with names; or list the features in their order in the schema, and give what is not served `notIn: [SERVING]`.',
  });
}
