import { type ColumnReading, type ColumnReadings, hasTimeOfDay } from '../../engine/column-readings.ts';
import { isNumber } from '../model/merge.ts';
import type { FeatureProfile, FeatureType } from '../model/model.ts';
import { type FileProfile, isDelimitedText } from './file-profile.ts';
import type { DataFile } from './profile-files.ts';

/** A column as one file of a table has it. */
interface Occurrence {
  readonly member: FileProfile;
  readonly feature: FeatureProfile;
}

/**
 * How files of one table have to be read once more so that their columns are of one type each: what is text in one file is text in all,
 * dates are timestamps where another file has those, and a format of dates that only some files settle holds for all.
 */
export function commonReadings(members: readonly FileProfile[]): ReadonlyMap<DataFile, ColumnReadings> {
  const readings = new Map<DataFile, Map<string, ColumnReading>>();
  for (const [name, occurrences] of columnsOf(members)) {
    const common = commonOf(occurrences.map((occurrence) => occurrence.feature));
    for (const { member, feature } of occurrences) {
      const reading = readingOf(feature, common, isDelimitedText(member.file));
      if (reading === undefined) continue;
      const own = readings.get(member.file) ?? new Map<string, ColumnReading>();
      readings.set(member.file, own.set(name, reading));
    }
  }
  return readings;
}

/** The columns that are not nested, where they have values. */
function columnsOf(members: readonly FileProfile[]): Map<string, Occurrence[]> {
  const columns = new Map<string, Occurrence[]>();
  for (const member of members)
    for (const feature of member.table.features) {
      if (feature.path.length > 1 || feature.type === 'unknown') continue;
      const name = feature.path[0]!;
      const others = columns.get(name);
      if (others === undefined) columns.set(name, [{ member, feature }]);
      else others.push({ member, feature });
    }
  return columns;
}

/** What all files together say of a column. */
interface Common {
  readonly order: string | undefined;
  readonly type: FeatureType;
}

function commonOf(features: readonly FeatureProfile[]): Common {
  const order = commonOrder(features);
  return { order, type: order === undefined ? commonType(features) : typeByOrder(features, order) };
}

function readingOf(
  feature: FeatureProfile,
  { order, type }: Common,
  isText: boolean,
): ColumnReading | undefined {
  if (feature.type === 'string' && order !== undefined && type !== 'string') {
    const format = feature.dateFormats!.find((one) => orderOf(one) === order)!;
    return type === 'timestamp' ? { format, as: 'timestamp' } : { format };
  }
  if (type === 'string' && feature.type !== 'string' && isText) return { as: 'text' };
  if (type !== 'timestamp' || feature.type !== 'date') return undefined;
  const format = isText ? feature.dateFormats?.[0] : undefined;
  return { ...(format !== undefined && { format }), as: 'timestamp' };
}

/** The type that all can be read as. */
function commonType(features: readonly FeatureProfile[]): FeatureType {
  const types = [...new Set(features.map(({ type }) => type))];
  if (types.length === 1 && !isSplitOnOrder(features)) return types[0]!;
  if (types.every(isNumber)) return types.includes('float') ? 'float' : 'decimal';
  return types.every(isMoment) && !isSplitOnOrder(features) ? 'timestamp' : 'string';
}

/** Whether some files can only be read day first, and others only month first. */
function isSplitOnOrder(features: readonly FeatureProfile[]): boolean {
  const orders = features
    .flatMap(({ type, dateFormats }) => (isMoment(type) ? (dateFormats ?? []) : []))
    .map(orderOf);
  return new Set(orders).size > 1;
}

/**
 * The order of day, month and year that settles what some files leave open; undefined if no file leaves it open, if some have no such dates, or
 * if more than one order fits all.
 */
function commonOrder(features: readonly FeatureProfile[]): string | undefined {
  if (!features.some(({ type, dateFormats }) => type === 'string' && dateFormats !== undefined))
    return undefined;
  if (!features.every(({ dateFormats }) => dateFormats !== undefined)) return undefined;
  const [first, ...others] = features.map(({ dateFormats }) => new Set(dateFormats!.map(orderOf)));
  const common = [...first!].filter((order) => others.every((orders) => orders.has(order)));
  return common.length === 1 ? common[0] : undefined;
}

function typeByOrder(features: readonly FeatureProfile[], order: string): FeatureType {
  const formats = features.map(({ dateFormats }) => dateFormats!.find((one) => orderOf(one) === order)!);
  return formats.some(hasTimeOfDay) ? 'timestamp' : 'date';
}

/** `dmy` of `%d/%m/%Y %H:%M`. */
function orderOf(format: string): string {
  return [...format.matchAll(/%([dmyY])/g)].map(([, letter]) => letter!.toLowerCase()).join('');
}

function isMoment(type: FeatureType): boolean {
  return type === 'date' || type === 'timestamp';
}
