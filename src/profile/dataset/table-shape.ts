import { featureName } from '../model/feature-name.ts';
import { isNumber, widerNumber } from '../model/merge.ts';
import type { FeatureProfile, FeatureType } from '../model/model.ts';
import { type FileProfile, isDelimitedText } from './file-profile.ts';

interface Known {
  readonly type: FeatureType;
  /** Whether every file in which it has values is one of text, or has it as text. */
  readonly isText: boolean;
}

/** What the features of several files are together. */
export class TableShape {
  readonly #features = new Map<string, Known>();
  /** What lies directly within a path. */
  readonly #nesting = new Map<string, Nesting>();

  /** Why a file cannot be of this table, if so: a feature that no reading brings to one type. */
  conflictWith({ file, table }: FileProfile): string | undefined {
    const isText = isDelimitedText(file);
    for (const feature of table.features) {
      const name = featureName(feature.path);
      for (const [path, nesting] of nestingsOf(feature)) {
        const known = this.#nesting.get(path);
        if (known !== undefined && known !== nesting) return `${name} is ${nesting} here and ${known} there`;
      }
      const known = this.#features.get(keyOf(feature));
      if (known !== undefined && !isReadable(known, knownOf(feature, isText), feature.path.length === 1))
        return `${name} is ${feature.type} here and ${known.type} there`;
    }
    return undefined;
  }

  /**
   * Why files that are `here` are not of this table, in words of what both are shown as: a column that is a float in one file is one in the
   * table.
   */
  differenceFrom(here: TableShape): string | undefined {
    for (const [key, nesting] of here.#nesting) {
      const there = this.#nesting.get(key);
      if (there !== undefined && there !== nesting)
        return `${nameOf(key)} is ${nesting} here and ${there} there`;
    }
    for (const [key, known] of here.#features) {
      const there = this.#features.get(key);
      if (there !== undefined && !isReadable(there, known, pathOf(key).length === 1))
        return `${nameOf(key)} is ${known.type} here and ${there.type} there`;
    }
    return undefined;
  }

  add({ file, table }: FileProfile): void {
    const isText = isDelimitedText(file);
    for (const feature of table.features) {
      for (const [path, nesting] of nestingsOf(feature)) this.#nesting.set(path, nesting);
      const known = this.#features.get(keyOf(feature));
      if (feature.type !== 'unknown')
        this.#features.set(keyOf(feature), joined(known, knownOf(feature, isText)));
    }
  }
}

type Nesting = 'a value' | 'a list' | 'a struct';

/** What the feature says of each path that leads to it. */
function nestingsOf({ path, type }: FeatureProfile): [path: string, nesting: Nesting][] {
  return path.flatMap((_, at): [string, Nesting][] => {
    const inner = path[at + 1];
    const key = JSON.stringify(path.slice(0, at + 1));
    if (inner === undefined) return type === 'unknown' ? [] : [[key, 'a value']];
    return [[key, inner === '[]' ? 'a list' : 'a struct']];
  });
}

function keyOf({ path }: FeatureProfile): string {
  return JSON.stringify(path);
}

function pathOf(key: string): string[] {
  return JSON.parse(key);
}

function nameOf(key: string): string {
  return featureName(pathOf(key));
}

function knownOf({ type }: FeatureProfile, isText: boolean): Known {
  return { type, isText: isText || type === 'string' };
}

function isReadable(a: Known, b: Known, isColumn: boolean): boolean {
  if (a.type === b.type || a.type === 'unknown' || b.type === 'unknown') return true;
  if (isNumber(a.type) && isNumber(b.type)) return true;
  return isColumn && ((isMoment(a.type) && isMoment(b.type)) || (a.isText && b.isText));
}

function joined(a: Known | undefined, b: Known): Known {
  if (a === undefined || a.type === 'unknown') return b;
  const isText = a.isText && b.isText;
  if (a.type === b.type) return { type: a.type, isText };
  if (isNumber(a.type) && isNumber(b.type)) return { type: widerNumber(a.type, b.type), isText };
  return { type: isMoment(a.type) && isMoment(b.type) ? 'timestamp' : 'string', isText };
}

function isMoment(type: FeatureType): boolean {
  return type === 'date' || type === 'timestamp';
}
