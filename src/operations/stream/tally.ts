import { neutral } from '../../wording/neutral.ts';
import { grouped } from '../../wording/numbers.ts';

/** Reasons for which single messages are told of; all are counted. */
const MAX_TOLD = 5;

/** Forms of messages without rows that are told by name. */
const MAX_FORMS = 5;

/** Counts what of a stream is in no window, since the window before. */
export class Tally {
  readonly #tell: ((text: string) => void) | undefined;
  readonly #told = new Set<string>();
  malformed = 0;
  late = 0;
  /** The first message of all that was left out, and why. */
  first: { readonly where: string; readonly reason: string } | undefined;
  /** Messages of the whole stream with rows. */
  #withRows = 0;
  /** And those without, such as answers of a model, by their form; '' where it is none that is known. */
  readonly #withoutRows = new Map<string, number>();

  constructor(tell: ((text: string) => void) | undefined) {
    this.#tell = tell;
  }

  /** Count a message that cannot be read. The first of a reason is told of. */
  leaveOut(where: string, reason: string): void {
    this.malformed++;
    this.first ??= { where, reason };
    if (this.#told.has(reason) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(reason);
    this.#tell?.(`${where} is left out, and others like it are counted: ${neutral(reason)}`);
  }

  /** Count a message that can be read. */
  read({ rows, forms }: { readonly rows: number; readonly forms: readonly string[] }): void {
    if (rows > 0) this.#withRows++;
    else for (const form of forms.length > 0 ? forms : ['']) this.#count(form);
  }

  #count(form: string): void {
    const counted = this.#withoutRows.get(form);
    if (counted === undefined && this.#withoutRows.size >= MAX_FORMS) return;
    this.#withoutRows.set(form, (counted ?? 0) + 1);
  }

  /** What was read where no message had rows, as `5 of cloudevents, 1 of no form`; undefined where one had, or nothing was read. */
  get withoutRows(): string | undefined {
    if (this.#withRows > 0 || this.#withoutRows.size === 0) return undefined;
    return [...this.#withoutRows]
      .map(([form, count]) => `${grouped(count)} of ${form || 'no form'}`)
      .join(', ');
  }

  /** Begin anew. */
  clear(): void {
    this.malformed = 0;
    this.late = 0;
  }
}
