/** Quote a name of a table that may have that of its schema before it: the one mark doubled, as the standard has it. */
export function quotedName(name: string, mark: '"' | '`'): string {
  return name
    .split('.')
    .map((part) => `${mark}${part.replaceAll(mark, mark + mark)}${mark}`)
    .join('.');
}
