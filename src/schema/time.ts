const ISO =
  /^(?:(\d{4,7})-(\d\d)-(\d\d))?(?:[T ]?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?( \(BC\))?$/;

/**
 * Nanoseconds since 1970-01-01T00:00Z of an ISO 8601 date, time of day (of 1970-01-01) or timestamp, to compare them
 * exactly; undefined for any other text. A timestamp without zone counts as UTC. Years before 1 count backwards and end in ` (BC)`.
 */
export function instant(text: string): bigint | undefined {
  const match = text === '' ? null : ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z', era] = match;
  const astronomical = era === undefined ? Number(year) : 1 - Number(year);
  const days = year === undefined ? 0 : daysSinceEpoch(astronomical, Number(month), Number(day));
  const seconds =
    (days * 24 + Number(hour)) * 3600 + Number(minute) * 60 + Number(second) - zoneSeconds(zone);
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0') || '0');
}

/** Years of a cycle after which the calendar repeats itself, and its days. Dates of JavaScript end before those of files. */
const CYCLE = { years: 400, days: 146_097 } as const;

function daysSinceEpoch(year: number, month: number, day: number): number {
  const cycles = Math.floor((year - 1970) / CYCLE.years);
  const date = new Date(0);
  date.setUTCFullYear(year - cycles * CYCLE.years, month - 1, day);
  return Math.floor(date.getTime() / 86_400_000) + cycles * CYCLE.days;
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}
