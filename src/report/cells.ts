import stringWidth from 'string-width';

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for one character each. Making the segmenter takes milliseconds, and few texts need one. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** Terminal cells that a neutral text takes. Most text is ASCII, or a bar of blocks, of one cell a character. */
export function cellsOf(text: string): number {
  return /^[ -~▁-█]*$/.test(text) ? text.length : stringWidth(text);
}

/** The longest start of a text that fits into `width` terminal cells, with `…` where something was cut. */
export function cut(text: string, width: number): string {
  return cellsOf(text) <= width ? text : `${start(text, width - 1)}…`;
}

/** The longest start that fits. */
function start(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += cellsOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept;
}

/**
 * Texts, each in at most `width` terminal cells, and no two that differ alike: what are the same at their starts are cut in the middle, so that
 * what tells them apart is seen.
 */
export function cutApart(texts: readonly string[], width: number): string[] {
  const found = new Map<string, string>();
  const groups = new Map<string, string[]>();
  for (const text of new Set(texts)) {
    const shown = cut(text, width);
    found.set(text, shown);
    groups.set(shown, [...(groups.get(shown) ?? []), text]);
  }
  const taken = new Set(found.values());
  for (const group of groups.values()) {
    if (group.length > 1) for (const [text, shown] of toldApart(group, width, taken)) found.set(text, shown);
  }
  return texts.map((text) => found.get(text)!);
}

/** Shows of each text its start and, after `…`, what follows the start that all have in common; numbered where that is the same too. */
function toldApart(texts: readonly string[], width: number, taken: Set<string>): Map<string, string> {
  const split = texts.map((text) => [...graphemes(text)].map(({ segment }) => segment));
  const [first, ...others] = split as [string[], ...string[][]];
  const differs = first.findIndex((segment, at) => others.some((other) => other[at] !== segment));
  const common = differs < 0 ? first.length : differs;
  const head = Math.floor((width - 1) / 2);
  return new Map(
    texts.map((text, at) => {
      const tail = split[at]!.slice(common).join('');
      const shown = `${start(text, head)}…${cut(tail, width - head - 1)}`;
      let unlike = shown;
      for (let number = 2; taken.has(unlike); number++)
        unlike = `${start(shown, width - 1 - String(number).length)}~${number}`;
      taken.add(unlike);
      return [text, unlike];
    }),
  );
}

/**
 * Lines of at most `width` cells, broken at spaces (never before a percent sign) and within words that are longer than a line, all but the first
 * indented like the first.
 */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  const room = Math.max(1, width - cellsOf(indent));
  for (const word of text.split(/ (?!%)/).flatMap((one) => pieces(one, room))) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cellsOf(next) > room) {
      lines.push(indent + line);
      line = word;
    } else {
      line = next;
    }
  }
  return [...lines, indent + line];
}

function pieces(word: string, width: number): string[] {
  if (cellsOf(word) <= width) return [word];
  const found = [''];
  for (const { segment } of graphemes(word)) {
    if (found.at(-1) !== '' && cellsOf(found.at(-1)! + segment) > width) found.push('');
    found[found.length - 1] += segment;
  }
  return found;
}
