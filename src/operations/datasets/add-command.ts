import { optionWord, shellWord } from '../../wording/quote.ts';

/** What `varve add` is told of rows of a database, or of messages of a topic. */
export interface AddWords {
  readonly table?: string | undefined;
  readonly query?: string | undefined;
  readonly incremental?: string | undefined;
  readonly registry?: string | undefined;
  readonly until?: string | undefined;
  /** Path of the file or folder, from where the user is. */
  readonly to: string;
}

/** The command that takes rows or messages, as it is typed in a shell: for messages. */
export function addCommand(
  url: string,
  { table, query, incremental, registry, until, to }: AddWords,
): string {
  const words = Object.entries({ table, query, incremental, registry, until }).flatMap(([name, value]) =>
    value === undefined ? [] : [optionWord(name, value)],
  );
  return ['varve', 'add', shellWord(url), ...words, '--to', shellWord(to || '.')].join(' ');
}
