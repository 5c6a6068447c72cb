import { isCount, isRecord } from '../../base/json.ts';
import type { RowColumn } from '../../engine/check-rows.ts';
import { foldedName } from '../../engine/quote.ts';
import { VarveError } from '../../errors.ts';
import { partLines } from '../parts/part-lines.ts';
import { areAnswers, areRepeated, type UnitAnswer } from './answers.ts';
import { isSeal, PartSeal, sealed } from './part-seal.ts';
import type { RepeatedKeys } from './repeated-keys.ts';
import { type AskedFile, askedDigest, askedFiles, type RowQuestion, type RowsPlan } from './rows-plan.ts';

export interface AnsweredUnit {
  readonly path: string;
  /** Which range of the file it is, from 0. */
  readonly number: number;
  /** Among those of all files. */
  readonly index: number;
  /** Of all, whatever the slice. */
  readonly rows: number;
  readonly columns: readonly RowColumn[];
  /** To the questions of its table, in their order. */
  readonly answers: readonly UnitAnswer[];
}

/** What the first line of a part says. */
export interface RowsPartHead {
  /** From 1. */
  readonly part: number;
  readonly of: number;
  /** Stands for the names and sizes of all files: that of planDigest. */
  readonly files: string;
  /** That of askedDigest. */
  readonly asked: string;
  /** How many units follow. */
  readonly units: number;
}

/**
 * The lines of a part, of which `decodeUnits` takes several, one behind the other: its head, its units, each behind one for columns that no unit
 * before it had, and its seal.
 * @param secret that of the plan
 */
export async function* encodeUnits(
  head: RowsPartHead,
  secret: string,
  units: AsyncIterable<AnsweredUnit>,
): AsyncGenerator<string> {
  const seal = new PartSeal(secret);
  const known = new Map<string, number>();
  const added = (line: string) => {
    seal.add(line);
    return line;
  };
  yield added(`${JSON.stringify({ varveRowsPart: 1, ...head })}\n`);
  for await (const { columns, ...unit } of units) {
    const text = JSON.stringify(columns);
    const shape = known.get(text) ?? known.size;
    if (shape === known.size) yield added(`${COLUMNS}${text}}\n`);
    known.set(text, shape);
    yield added(`${JSON.stringify({ ...unit, shape })}\n`);
  }
  yield seal.line();
}

/** What parts were told. */
export interface AskedParts {
  /** Stands for the files that all parts saw. */
  readonly files: string;
  /** That of askedDigest, as all parts say it. */
  readonly asked: string;
  readonly units: readonly AnsweredUnit[];
  /** One for each range of keys and each question that has any. */
  readonly repeated: readonly RepeatedKeys[];
}

/** The lines of a range of keys: what it says, and its seal. */
export function encodeRepeated(plan: RowsPlan, repeated: readonly RepeatedKeys[]): string {
  return sealed(plan.secret, [`${JSON.stringify({ repeated, asked: askedDigest(plan) })}\n`]);
}

const KEYS = '{"repeated":';
const COLUMNS = '{"columns":';
const HEAD = '{"varveRowsPart":';

/**
 * The units of parts that were asked a plan, every field checked, and every part held against its seal.
 * @throws VarveError `part-missing` unless all parts of one asking are there, `part-repeated`, `part-damaged`, and `parts-differ` unless all saw
 * the same files and were asked this
 */
export async function decodeUnits(bytes: AsyncIterable<Uint8Array>, plan: RowsPlan): Promise<AskedParts> {
  const reader = new PartsReader(plan);
  for await (const line of partLines(bytes, damagedAnswer)) reader.take(line);
  return reader.end();
}

/** Takes the lines of parts and of ranges, one behind the other. */
class PartsReader {
  readonly #plan: RowsPlan;
  readonly #asked: string;
  /** Of all tables, by their numbers. */
  readonly #questions: readonly RowQuestion[];
  readonly #askedOf: (path: string) => AskedFile | undefined;
  /** Units of one shape share its columns. */
  readonly #kept = new Map<string, readonly RowColumn[]>();
  readonly #units: AnsweredUnit[] = [];
  readonly #repeated: RepeatedKeys[] = [];
  readonly #heads = new Map<number, RowsPartHead>();
  /** Of this part, and how many of them units have had: the unit behind each has it. */
  #shapes: (readonly RowColumn[])[] = [];
  #shapesUsed = 0;
  #expected = 0;
  /** Of what is being read: a part takes units, and a range has all in its first line. */
  #open: { readonly seal: PartSeal; readonly takesUnits: boolean } | undefined;

  constructor(plan: RowsPlan) {
    this.#plan = plan;
    this.#asked = askedDigest(plan);
    this.#questions = plan.tables.flatMap(({ questions }) => questions);
    this.#askedOf = askedFiles(plan);
  }

  /** @param line without its end */
  take(line: string): void {
    if (isSeal(line)) this.#close(line);
    else if (line.startsWith(HEAD)) this.#takeHead(line);
    else if (line.startsWith(KEYS)) this.#takeRange(line);
    else this.#takeInPart(line);
  }

  #begin(line: string, takesUnits: boolean): void {
    this.#assertClosed();
    this.#open = { seal: new PartSeal(this.#plan.secret), takesUnits };
    this.#open.seal.add(`${line}\n`);
  }

  #takeInPart(line: string): void {
    if (this.#open?.takesUnits !== true) throw damagedAnswer('a line of it is of no part');
    this.#open.seal.add(`${line}\n`);
    if (!line.startsWith(COLUMNS)) {
      this.#units.push(this.#unitOf(parse(line)));
      return;
    }
    if (this.#shapesUsed < this.#shapes.length) throw damagedAnswer('the columns of a unit have no unit');
    const columns = this.#kept.get(line) ?? columnsOf(parse(line));
    this.#kept.set(line, columns);
    this.#shapes.push(columns);
  }

  end(): AskedParts {
    this.#assertClosed();
    const [units, repeated, [first]] = [this.#units, this.#repeated, this.#heads.values()];
    if (first !== undefined && this.#heads.size === first.of)
      return { files: first.files, asked: this.#asked, units, repeated };
    throw new VarveError(
      'part-missing',
      `Of ${first?.of ?? 'all'} parts, ${this.#heads.size} have asked their rows`,
      { remedy: AGAIN },
    );
  }

  #close(line: string): void {
    if (this.#open === undefined) throw damagedAnswer('a seal of it is of no part');
    if (this.#units.length !== this.#expected)
      throw damagedAnswer(`there are ${this.#units.length} units in place of ${this.#expected}`);
    if (this.#open.seal.line() !== `${line}\n`)
      throw damagedAnswer('it is not what a task of this run has written');
    this.#open = undefined;
  }

  #assertClosed(): void {
    if (this.#open !== undefined) throw damagedAnswer('a part of it has no end: it was cut');
  }

  #takeHead(line: string): void {
    this.#begin(line, true);
    const head = headOf(parse(line), this.#heads);
    this.#assertAsked(head.asked);
    this.#heads.set(head.part, head);
    this.#shapes = [];
    this.#shapesUsed = 0;
    this.#expected += head.units;
  }

  #takeRange(line: string): void {
    this.#begin(line, false);
    const { repeated, asked } = parse(line);
    this.#assertAsked(asked);
    if (!areRepeated(repeated, this.#questions))
      throw damagedAnswer('what it says of a range of keys is not what a task says');
    this.#repeated.push(...repeated);
  }

  #assertAsked(asked: unknown): void {
    if (asked !== this.#asked) throw otherData('Some rows were asked something else than was to be asked');
  }

  #unitOf(found: Fields): AnsweredUnit {
    const { path, number, index, rows, shape, answers } = found;
    const columns = isCount(shape) ? this.#shapes[shape] : undefined;
    const isSound =
      typeof path === 'string' &&
      isCount(number) &&
      isCount(index) &&
      isCount(rows) &&
      Array.isArray(answers);
    const isOfNext = this.#shapesUsed === this.#shapes.length || shape === this.#shapesUsed;
    if (!isSound || columns === undefined || !isOfNext) throw damagedAnswer('a line of it is no unit');
    this.#shapesUsed = this.#shapes.length;
    const asked = this.#askedOf(path);
    if (asked === undefined) throw damagedAnswer('a unit of it was not asked');
    if (!areAnswers(answers, this.#plan.tables[asked.table]!.questions, rows, this.#plan))
      throw damagedAnswer('an answer of a unit is not what a part says');
    return { path, number, index, rows, columns, answers };
  }
}

/** What to do where parts do not fit together. */
export const AGAIN = 'Run the same command again, while nobody changes the data.';

/** Says that what parts were told does not fit together, or is nothing that a part says. */
export function damagedAnswer(what: string, cause?: unknown): VarveError {
  return new VarveError('part-damaged', `What the parts were told of their rows cannot be used: ${what}`, {
    remedy: AGAIN,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Says that parts saw different data. */
export function otherData(what: string): VarveError {
  return new VarveError('parts-differ', what, { remedy: AGAIN });
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): Fields {
  try {
    const found: unknown = JSON.parse(line);
    if (isRecord(found)) return found;
  } catch (cause) {
    throw damagedAnswer('a line of it is not JSON', cause);
  }
  throw damagedAnswer('a line of it is no object');
}

/** @param before the heads of other parts, by their numbers, of which it has to be another one of the same work */
function headOf(
  { part, of, files, asked, units }: Fields,
  before: ReadonlyMap<number, RowsPartHead>,
): RowsPartHead {
  const isSound = isCount(part) && isCount(of) && part >= 1 && part <= of && isCount(units);
  if (!isSound || typeof files !== 'string' || typeof asked !== 'string')
    throw damagedAnswer('the first line of a part is none');
  const [first = { of, files }] = before.values();
  if (first.of !== of) throw otherData(`One part is of ${first.of} parts, and another of ${of}`);
  if (first.files !== files)
    throw otherData('The files had other names or sizes to one part than to another');
  if (before.has(part))
    throw new VarveError('part-repeated', `Part ${part} of ${of} has asked its rows twice`, {
      remedy: AGAIN,
    });
  return { part, of, files, asked, units };
}

function columnsOf({ columns }: Fields): readonly RowColumn[] {
  const isSound =
    Array.isArray(columns) &&
    columns.every((each) => isRecord(each) && typeof each.name === 'string' && typeof each.type === 'string');
  if (!isSound) throw damagedAnswer('the columns of a unit are none');
  const names = new Set(columns.map(({ name }) => foldedName(name)));
  if (names.size !== columns.length) throw damagedAnswer('two columns of a unit have one name');
  return columns.map(({ name, type }) => ({ name, type }));
}
