/** Says how a figure changed: `rose from 4.1 % to 9.7 %`. */
export function roseOrFell(before: number, after: number, show: (value: number) => string): string {
  return `${after >= before ? 'rose' : 'fell'} from ${show(before)} to ${show(after)}`;
}
