/** Text of the sentences that a report gives as reasons. The same on every machine, whatever its locale. */

/** `9.7 %`, `0.03 %`, `100 %`: three significant digits, at most one decimal from 1 % on; never rounded up to all. */
export function percent(share: number): string {
  if (share > 0.999 && share < 1) return '>99.9 %';
  const value = share * 100;
  const digits = value >= 1 || value <= -1 ? value.toFixed(1) : value.toPrecision(2);
  return `${String(Number(digits))} %`;
}

/** Four significant digits; whole numbers below 10^15 in full. */
export function quantity(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(4)));
}

/** `rose from 4.1 % to 9.7 %` */
export function moved(before: number, after: number, show: (value: number) => string): string {
  return `${after >= before ? 'rose' : 'fell'} from ${show(before)} to ${show(after)}`;
}

/** A value as a reader can tell it from the sentence around it: quoted, on one line, at most 60 characters. */
export function quoted(value: string): string {
  const characters = [...value];
  return JSON.stringify(characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : value);
}

/** `1 day`, `8 days` */
export function counted(count: number, noun: string): string {
  return `${quantity(count)} ${noun}${count === 1 ? '' : 's'}`;
}
