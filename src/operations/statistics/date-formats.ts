import { existsSync } from 'node:fs';
import type { ColumnReading, ColumnReadings } from '../../engine/column-readings.ts';
import { VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { FeatureSchema, Schema } from '../../schema/model.ts';
import { isPbtxt, readSchema, type SchemaFile } from './schema-file.ts';

/** `strptime` formats of the dates that columns of text hold, by the columns' names. */
type DateFormats = Readonly<Record<string, string>>;

/** How columns are read: by the formats that were asked for, else by those of the schema. */
export function readingsOf(
  asked: DateFormats | undefined,
  schema: Schema | undefined,
): ColumnReadings | undefined {
  const features = schema?.tables.flatMap((table) => table.features) ?? [];
  const readings = new Map<string, ColumnReading>();
  for (const { name, types, timeFormat } of features)
    if (timeFormat !== undefined && isOfDates(types)) readings.set(name, { format: timeFormat });
  for (const [name, format] of Object.entries(asked ?? {})) readings.set(name, { format });
  return readings.size === 0 ? undefined : readings;
}

function isOfDates(types: FeatureSchema['types']): boolean {
  return types.length > 0 && types.every((type) => type === 'date' || type === 'timestamp');
}

/** A schema for its formats alone: whether it can be read at all is for those to say who hold data against it. */
export function schemaForReading(file: SchemaFile): Schema | undefined {
  if (isPbtxt(file) || !existsSync(file.absolutePath)) return undefined;
  try {
    return readSchema(file);
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}

/** Whether a profile has text where `readings` say how it holds dates, or dates that were read by other formats. */
export function hasUnreadDates(profile: Profile, readings: ColumnReadings): boolean {
  return profile.tables.some(({ features }) =>
    features.some(({ path, type, dateFormats }) => {
      const format = path.length === 1 ? readings.get(path[0]!)?.format : undefined;
      if (format === undefined) return false;
      return type === 'string' || (dateFormats !== undefined && !dateFormats.includes(format));
    }),
  );
}

/**
 * Refuse formats that were asked for and read nothing.
 * @throws VarveError `column-missing`, or `date-format-unfit` if the column is no text
 */
export function assertFormatsRead(profile: Profile, asked: DateFormats, name: string): void {
  const features = profile.tables.flatMap((table) => table.features).filter(({ path }) => path.length === 1);
  for (const [column, format] of Object.entries(asked)) {
    const found = features.filter(({ path }) => path[0] === column);
    if (found.length === 0)
      throw new VarveError('column-missing', `${name} has no column ${JSON.stringify(column)}`, {
        path: name,
        remedy: `Name one of: ${features.map(({ path }) => path[0]).join(', ')}.`,
      });
    const isRead = found.some(({ type, dateFormats }) => type === 'unknown' || dateFormats?.includes(format));
    if (isRead) continue;
    throw new VarveError(
      'date-format-unfit',
      `${name}: the column ${column} is ${found[0]!.type}, not text of a CSV or TSV file`,
      { path: name, remedy: 'Leave its format away: the file says by itself what the column holds.' },
    );
  }
}
