import stringWidth from 'string-width';

/** The longest start of a text that fits into `width` terminal cells, with `…` where something was cut. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Lines of at most `width` cells, broken at spaces, all but the first indented like the first. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(indent + next) > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = next;
    }
  }
  return [...lines, indent + line];
}
