import { readFileSync } from 'node:fs';

/** A fenced code block of a Markdown page. `line` is that of its first line of code, from 1. */
export interface Block {
  readonly language: string;
  readonly code: string;
  readonly line: number;
  /** The words behind the language: ` ```sh not-run ` has `not-run`. */
  readonly marks: readonly string[];
}

/** Fences as CommonMark has them, without indentation: the pages keep to that. */
export function codeBlocks(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = readFileSync(page, 'utf8').split('\n');
  let open: { language: string; marks: string[]; from: number } | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('```')) continue;
    if (open) {
      const code = lines.slice(open.from, index).join('\n');
      blocks.push({ language: open.language, marks: open.marks, code, line: open.from + 1 });
      open = undefined;
    } else {
      const [language = '', ...marks] = line.slice(3).trim().split(/\s+/);
      open = { language, marks, from: index + 1 };
    }
  }
  if (open) throw new Error(`${page}:${open.from}: this code block is never closed`);
  return blocks;
}

/** A command, continued over lines that end in `\`, with the exit code that a trailing `# exit N` promises. */
export interface Command {
  readonly text: string;
  readonly exit: number;
}

export function commandsOf(block: Block): Command[] {
  return block.code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((text) => ({ text, exit: Number(/#.*\bexit (\d)\b/.exec(text)?.[1] ?? 0) }));
}
