import { problemOfDataPath } from '../../base/files/data-path.ts';
import { isRecord } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';
import type { ImageHeader } from '../dataset/image-header.ts';
import { decodeProfile, encodeProfile } from '../format/encode.ts';
import type { Profile } from '../model/model.ts';
import { partLines } from './part-lines.ts';
import { MAX_PARTS, type PartPlan } from './plan.ts';

/** What the first line of a part says. */
export interface PartHead extends PartPlan {
  /** The dataset as whoever made the part named it, for messages. */
  readonly name: string;
  /** Which part it is, from 1; several, ascending, where some were merged. */
  readonly parts: readonly number[];
  readonly of: number;
  /** That of planDigest. */
  readonly plan: string;
  /** The lines that follow: one for each unit. */
  readonly units: number;
}

/** What is known of a unit once it was read. */
export interface PartUnit {
  /** Of the file, as DataFile has them. */
  readonly path: string;
  readonly size: number;
  /** Empty for a dataset that is a file, whose digest nobody asks for. */
  readonly digest: string;
  /** Which range of the file it is, from 0. */
  readonly number: number;
  /** Of its rows; absent where it has none that count. */
  readonly profile?: Profile;
  /** Why there is no profile: the file lacks the column of the slice. */
  readonly lacks?: string;
  readonly image?: ImageHeader;
}

/** A part as it was read, every field checked. */
export interface ProfilePart extends PartHead {
  /** Where it stands, for messages. */
  readonly where: string;
  readonly read: readonly PartUnit[];
}

/** The line of a part that stands first. Only what is several parts is of format 2. */
export function encodeHead({ parts, ...head }: PartHead): Uint8Array {
  const [part, ...others] = parts;
  const which =
    others.length === 0 ? { varveProfilePart: 1, part } : { varveProfilePart: FORMAT_OF_SEVERAL, parts };
  return Buffer.from(`${JSON.stringify({ ...which, ...head })}\n`);
}

const FORMAT_OF_SEVERAL = 2;

/** The line of one unit. */
export function encodeUnit({ profile, ...unit }: PartUnit): Uint8Array {
  const bytes = profile && Buffer.from(encodeProfile(profile)).toString('base64');
  return Buffer.from(`${JSON.stringify({ ...unit, ...(bytes && { profile: bytes }) })}\n`);
}

/**
 * The parts that bytes hold: one, or several one behind the other, as `cat` puts files together. Nothing that follows has to check anything
 * of a part but whether it fits to others.
 * @param where names the bytes in messages
 * @throws VarveError `part-damaged`, `part-too-new`, `profile-damaged`
 */
export async function* decodeParts(
  bytes: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<ProfilePart> {
  let head: PartHead | undefined;
  let read: PartUnit[] = [];
  for await (const line of partLines(bytes, (what, cause) => damaged(where, what, cause))) {
    const found = parse(line, where);
    if (head === undefined) head = headOf(found, where);
    else read.push(unitOf(found, head, where));
    if (read.length < head.units) continue;
    yield { ...head, where, read };
    [head, read] = [undefined, []];
  }
  if (head !== undefined)
    throw damaged(
      where,
      `part ${head.parts[0]} has ${read.length} units in place of ${head.units}: it was cut`,
    );
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string, where: string): Fields {
  try {
    const found: unknown = JSON.parse(line);
    if (isRecord(found)) return found;
  } catch (cause) {
    throw damaged(where, 'a line of it is not JSON', cause);
  }
  throw damaged(where, 'a line of it is no object');
}

function headOf(found: Fields, where: string): PartHead {
  const version = found.varveProfilePart;
  if (typeof version === 'number' && version > FORMAT_OF_SEVERAL)
    throw new VarveError(
      'part-too-new',
      `${where} is of part format ${version}; this varve knows formats up to ${FORMAT_OF_SEVERAL}`,
      {
        remedy: 'Use one version of varve for all parts, and for their merge.',
        path: where,
      },
    );
  const { kind, name, part, of, plan, units, content, slice, weight, readings, unitBytes } = found;
  const parts = version === 1 ? [part] : found.parts;
  const isSound =
    (version === 1 || version === FORMAT_OF_SEVERAL) &&
    (kind === 'file' || kind === 'directory') &&
    isText(name) &&
    isCount(of) &&
    of > 0 &&
    of <= MAX_PARTS &&
    isAscending(parts, of) &&
    isText(plan) &&
    isCount(units) &&
    isCount(unitBytes) &&
    unitBytes > 0 &&
    (content === undefined || isText(content)) &&
    (weight === undefined || isText(weight)) &&
    (slice === undefined || (isRecord(slice) && isText(slice.feature) && isText(slice.value))) &&
    Array.isArray(readings) &&
    readings.every(isReading);
  if (!isSound) throw damaged(where, 'its first line is not that of a part');
  return {
    ...{ kind, name, parts, of, plan, units, unitBytes, readings: readings as PartPlan['readings'] },
    ...(content !== undefined && { content }),
    ...(weight !== undefined && { weight }),
    ...(slice !== undefined && {
      slice: { feature: slice.feature as string, value: slice.value as string },
    }),
  };
}

function isAscending(parts: unknown, of: number): parts is number[] {
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > of) return false;
  return parts.every((part, at) => isCount(part) && part > (at === 0 ? 0 : parts[at - 1]) && part <= of);
}

function isReading(found: unknown): boolean {
  if (!Array.isArray(found) || found.length !== 2 || !isText(found[0]) || !isRecord(found[1])) return false;
  const { format, as, ...others } = found[1];
  return (
    Object.keys(others).length === 0 &&
    (format === undefined || isText(format)) &&
    (as === undefined || as === 'text' || as === 'timestamp')
  );
}

function unitOf(found: Fields, { kind }: PartHead, where: string): PartUnit {
  const { path, size, digest, number, profile, lacks, image } = found;
  if (!isText(path) || problemOfDataPath(path) !== undefined)
    throw damaged(where, 'a path in it is none of data');
  const isSound =
    isCount(size) &&
    isText(digest) &&
    (kind === 'file' || digest !== '') &&
    isCount(number) &&
    (lacks === undefined || isText(lacks)) &&
    (profile === undefined || (isText(profile) && lacks === undefined));
  if (!isSound) throw damaged(where, `what it says of ${path} is not what a part says of a unit`);
  return {
    ...{ path, size, digest, number },
    ...(profile !== undefined && { profile: profileOfUnit(profile, `${path} in ${where}`) }),
    ...(lacks !== undefined && { lacks }),
    ...(image !== undefined && { image: imageOf(image, where) }),
  };
}

function profileOfUnit(base64: string, where: string): Profile {
  const profile = decodeProfile(Buffer.from(base64, 'base64'), where);
  if (profile.tables.length !== 1)
    throw damaged(where, `it has ${profile.tables.length} tables in place of one`);
  return profile;
}

function imageOf(image: unknown, where: string): ImageHeader {
  const { width, height, format } = isRecord(image) ? image : ({} as Fields);
  if (isCount(width) && isCount(height) && isText(format)) return { width, height, format };
  throw damaged(where, 'what it says of an image is not what a part says');
}

/** Names and formats are short; what is not was not written by varve. */
const MAX_TEXT_LENGTH = 2 ** 29;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length < MAX_TEXT_LENGTH;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(where: string, what: string, cause?: unknown): VarveError {
  return new VarveError('part-damaged', `${where} is not a part of a profile: ${what}`, {
    remedy:
      'Make this part again as it was made, such as by `varve profile DATASET --part 1/4 --output FILE`.',
    path: where,
    ...(cause === undefined ? {} : { cause }),
  });
}
