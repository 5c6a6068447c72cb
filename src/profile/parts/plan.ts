/**
 * Parts: profiles of units of a dataset, made apart and put together into the profile of the whole. They may not know where data lies,
 * nor who runs them; what is read of a part counts as hostile until it is checked.
 */

import { createHash } from 'node:crypto';
import { comparePaths } from '../../base/files/path-order.ts';
import type { ColumnReading } from '../../engine/column-readings.ts';
import { holdsRows } from '../../engine/formats/format.ts';
import { rangesOf } from '../dataset/units.ts';
import type { Slice } from '../plan/open-rows.ts';

/** A file that is to be profiled, before anyone has opened it. */
export interface SizedFile {
  /** As DataFile has it. */
  readonly path: string;
  readonly size: number;
  /** Whether reading a unit of it takes reading all of it, so that one part has all of its units. */
  readonly isWhole?: boolean;
}

/** What all parts of one profile share. */
export interface PartPlan {
  readonly kind: 'file' | 'directory';
  /** Stands for the content, where the dataset is a version. */
  readonly content?: string;
  readonly slice?: Slice;
  readonly weight?: string;
  /** By the names of columns, in their order. */
  readonly readings: readonly (readonly [column: string, reading: ColumnReading])[];
  /** See UNIT_BYTES. */
  readonly unitBytes: number;
}

/** One unit of the work: a file, or the range of it with this number. */
export interface Unit<File extends SizedFile = SizedFile> {
  readonly file: File;
  readonly number: number;
}

/** The most parts that a profile is made in. */
export const MAX_PARTS = 100_000;

/** All units of the files, in the order of their paths and numbers. */
export function unitsOf<File extends SizedFile>(files: readonly File[], unitBytes: number): Unit<File>[] {
  return [...files]
    .sort((a, b) => comparePaths(a.path, b.path))
    .flatMap((file) => rangesOf(file, unitBytes).map((_, number) => ({ file, number })));
}

/** The bytes of a file that is no table which are read: of an image, its header. */
const HEADER_BYTES = 4096;

/**
 * The units of one part, in their order. The largest go round all parts, there and back, then the next: the parts differ in size by no more
 * than the largest unit, or file that is read as a whole.
 * @param part from 1
 */
export function unitsOfPart<File extends SizedFile>(
  units: readonly Unit<File>[],
  part: number,
  of: number,
  unitBytes: number,
): Unit<File>[] {
  const loads = loadsOf(units, unitBytes).sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const own = loads.filter((_, at) => {
    const place = at % (2 * of);
    return (place < of ? place : 2 * of - 1 - place) === part - 1;
  });
  return own
    .sort((a, b) => a.first - b.first)
    .flatMap(({ first, count }) => units.slice(first, first + count));
}

/** Units that one part has together. */
interface Load {
  /** Index of the first of them. */
  readonly first: number;
  count: number;
  bytes: number;
}

function loadsOf(units: readonly Unit[], unitBytes: number): Load[] {
  const loads: Load[] = [];
  for (const [first, unit] of units.entries()) {
    const bytes = bytesOf(unit, unitBytes);
    const last = loads.at(-1);
    if (last !== undefined && unit.file.isWhole && unit.file === units[last.first]!.file) {
      last.count++;
      last.bytes += bytes;
    } else loads.push({ first, count: 1, bytes });
  }
  return loads;
}

/** What reading a unit costs, in bytes. */
function bytesOf({ file, number }: Unit, unitBytes: number): number {
  if (!holdsRows(file.path)) return Math.min(file.size, HEADER_BYTES);
  const range = rangesOf(file, unitBytes)[number];
  return range === undefined ? file.size : range.end - range.start;
}

/** Stands for all that parts of one profile have in common: parts of different ones are told apart by it. */
export function planDigest(plan: PartPlan, files: readonly SizedFile[]): string {
  const hash = createHash('sha256');
  const { kind, content, slice, weight, readings, unitBytes } = plan;
  hash.update(
    JSON.stringify([FORMAT, kind, content ?? null, slice ?? null, weight ?? null, readings, unitBytes]),
  );
  for (const { path, size } of [...files].sort((a, b) => comparePaths(a.path, b.path)))
    hash.update(`\n${JSON.stringify([path, size])}`);
  return `sha256:${hash.digest('hex')}`;
}

/** Grows when units of the same data come to be counted otherwise. */
const FORMAT = 2;
