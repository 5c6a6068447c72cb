/**
 * How to read a column of text where more than the file itself decides it: as text, as a timestamp though the file holds dates only, or as
 * times of a `strptime` format.
 */
export type ColumnReading = { readonly as: 'text' | 'timestamp' } | { readonly format: string };

/** By the names of columns. A file that lacks a column is read without it. */
export type ColumnReadings = ReadonlyMap<string, ColumnReading>;

export const NO_READINGS: ColumnReadings = new Map();

/** Tells whether a `strptime` format says a time of the day, so that what it reads is a timestamp. */
export function hasTimeOfDay(format: string): boolean {
  return /%-?[HIMSfnpgzXcqs]/.test(format.replaceAll('%%', ''));
}
