import stringWidth from 'string-width';

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Terminal cells that a neutral text takes. Most text is ASCII, or a bar of blocks, of one cell a character. */
export function cellsOf(text: string): number {
  return /^[ -~▁-█]*$/.test(text) ? text.length : stringWidth(text);
}

/** The longest start of a text that fits into `width` terminal cells, with `…` where something was cut. */
export function cut(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    used += cellsOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Lines of at most `width` cells, broken at spaces (never before a percent sign), all but the first indented like the first. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ (?!%)/)) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cellsOf(indent + next) > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = next;
    }
  }
  return [...lines, indent + line];
}
