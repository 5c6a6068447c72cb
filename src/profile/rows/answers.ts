import { isCount, isRecord } from '../../base/json.ts';
import { EXAMPLES, MAX_SHOWN_LENGTH } from '../../engine/check-rows.ts';
import { firstWord, isKeyText } from '../../engine/row-keys.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import type { RowQuestion, RowsPlan } from './rows-plan.ts';

/** What the rows of one unit say to one question, or why they cannot be asked it. */
export type UnitAnswer =
  | {
      readonly rows: number;
      /** 0 of a question about rows that repeat others, whose keys are looked at apart. */
      readonly failing: number;
      /** The first of the failing rows: the number in the unit, from 1, and what is shown of it. */
      readonly examples: readonly (readonly [row: number, value: string])[];
      /** How many rows left a key, where the question is about rows that repeat others. */
      readonly keys?: number;
      /** Their KeySum. */
      readonly sum?: string;
    }
  | { readonly error: { readonly code: QuestionFault; readonly message: string; readonly remedy: string } }
  /** Its rows can only be compared where all of them are. */
  | { readonly incomparable: true };

/** Codes of errors by which a unit says that it cannot be asked: all units together may have what it lacks. */
export const QUESTION_FAULTS = ['expression-invalid', 'column-missing'] as const;

export type QuestionFault = (typeof QUESTION_FAULTS)[number];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether what a unit is said to answer can be an answer to these questions: of their kinds, with counts that can be.
 * @param rows how many the unit has
 */
export function areAnswers(
  found: readonly unknown[],
  questions: readonly RowQuestion[],
  rows: number,
  { slice }: Pick<RowsPlan, 'slice'>,
): found is readonly UnitAnswer[] {
  if (found.length !== questions.length) return false;
  const counted = found.flatMap((answer) => (isRecord(answer) && 'rows' in answer ? [answer.rows] : []));
  const asked = slice === undefined ? rows : (counted[0] ?? rows);
  if (!isCount(asked) || asked > rows || counted.some((count) => count !== asked)) return false;
  return found.every((answer, at) => isAnswer(answer, questions[at]!, { rows, asked }));
}

function isAnswer(
  found: unknown,
  { repeated }: RowQuestion,
  { rows, asked }: { readonly rows: number; readonly asked: number },
): boolean {
  if (!isRecord(found)) return false;
  if ('incomparable' in found) return found.incomparable === true && repeated !== undefined;
  if ('error' in found) return isFault(found.error);
  const { failing, examples, keys, sum } = found;
  if (found.rows !== asked || !isCount(failing) || failing > asked) return false;
  if (!areExamples(examples, failing, rows)) return false;
  if (repeated === undefined) return keys === undefined && sum === undefined;
  return failing === 0 && isCount(keys) && keys <= asked && isKeyText(sum);
}

function isFault(found: unknown): boolean {
  const { code, message, remedy } = isRecord(found) ? found : ({} as Fields);
  const isKnown = (QUESTION_FAULTS as readonly unknown[]).includes(code);
  return isKnown && typeof message === 'string' && typeof remedy === 'string';
}

/** The first of so many rows at fault, in their order. */
function areExamples(found: unknown, failing: number, rows: number): boolean {
  if (!Array.isArray(found) || found.length !== Math.min(EXAMPLES, failing)) return false;
  let before = 0;
  return found.every((each) => {
    if (!Array.isArray(each) || each.length !== 2) return false;
    const [row, value] = each as unknown[];
    if (!isCount(row) || row <= before || row > rows || typeof value !== 'string') return false;
    before = row;
    return value.length <= 2 * (MAX_SHOWN_LENGTH + 1);
  });
}

/**
 * Whether what is said of a range can be what its keys say: to questions that are about rows that repeat others.
 * @param questions of all tables, by their numbers
 */
export function areRepeated(
  found: unknown,
  questions: readonly RowQuestion[],
): found is readonly RepeatedKeys[] {
  if (!Array.isArray(found) || !found.every(isRepeated)) return false;
  const isRising = found.every(({ question }, at) => at === 0 || question > found[at - 1]!.question);
  return isRising && found.every(({ question }) => questions[question]?.repeated !== undefined);
}

function isRepeated(found: unknown): found is RepeatedKeys {
  if (!isRecord(found)) return false;
  const { question, keys, sum, failing, lowest, highest, first } = found;
  if (!isCount(question) || !isCount(keys) || !isCount(failing) || !isKeyText(sum)) return false;
  // A row repeats another, which is at fault too.
  if (keys === 0 || failing > keys || failing === 1) return false;
  if (!isCount(lowest) || !isCount(highest) || lowest > highest || highest >= 2 ** 32) return false;
  return areFirst(first, { failing, lowest, highest });
}

/** The keys of the first of so many rows at fault, in the order of their units. */
function areFirst(
  found: unknown,
  { failing, lowest, highest }: Pick<RepeatedKeys, 'failing' | 'lowest' | 'highest'>,
): boolean {
  if (!Array.isArray(found) || found.length !== Math.min(EXAMPLES, failing)) return false;
  let before = 0;
  const times = new Map<string, number>();
  const areKeys = found.every((each) => {
    if (!Array.isArray(each) || each.length !== 2) return false;
    const [unit, key] = each as unknown[];
    if (!isCount(unit) || unit < before || !isKeyText(key)) return false;
    before = unit;
    times.set(key, (times.get(key) ?? 0) + 1);
    const word = firstWord(Buffer.from(key, 'hex'));
    return word >= lowest && word <= highest;
  });
  const isAll = failing <= EXAMPLES;
  return areKeys && !(isAll && [...times.values()].includes(1));
}
