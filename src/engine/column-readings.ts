/** How to read a column where more than the file itself decides it. */
export interface ColumnReading {
  /** The `strptime` format of the dates that a column of text holds. */
  readonly format?: string;
  /** `text`: as it is written. `timestamp`: dates as the midnights that begin them. */
  readonly as?: 'text' | 'timestamp';
}

/** By the names of columns. A file that lacks a column is read without it. */
export type ColumnReadings = ReadonlyMap<string, ColumnReading>;

export const NO_READINGS: ColumnReadings = new Map();

/** Tells whether a `strptime` format says a time of the day, so that what it reads is a timestamp. */
export function hasTimeOfDay(format: string): boolean {
  return /%-?[HIMSfnpgzXcqs]/.test(format.replaceAll('%%', ''));
}
