import { counted, grouped } from '../../wording/numbers.ts';
import type { Bounds } from '../model.ts';
import { between } from '../phrases.ts';
import { type Rule, type Subject, type Violation, without } from './rule.ts';

/** Bounds how many values a row has: the length of a list; one for anything else. */
export const VALENCY_RULE: Rule = {
  check: (subject) => [...counts(subject), ...fixedShape(subject)],
  relax(subject) {
    const { feature } = subject;
    const shaped = fixedShape(subject).length > 0 ? without(feature, 'shape') : feature;
    if (counts(subject).length === 0 || feature.valency === undefined) return shaped;
    const levels = spans(subject);
    if (levels.length !== feature.valency.length) return without(shaped, 'valency');
    return { ...shaped, valency: feature.valency.map((limits, level) => widened(limits, levels[level])) };
  },
};

interface Span {
  readonly min: number;
  readonly max: number;
}

/** Least and greatest count by level, outermost first; of nested lists the profile counts the innermost level only. */
function spans({ profile }: Subject): (Span | undefined)[] {
  const levels = profile.path.filter((step) => step === '[]').length;
  if (levels === 0) return [{ min: 1, max: 1 }];
  return [...new Array<undefined>(levels - 1).fill(undefined), profile.valency];
}

function widened({ min, max }: Bounds, found: Span | undefined): Bounds {
  if (found === undefined) return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  return {
    ...(min !== undefined && { min: Math.min(min, found.min) }),
    ...(max !== undefined && { max: Math.max(max, found.max) }),
  };
}

function counts(subject: Subject): Violation[] {
  const limits = subject.feature.valency;
  if (limits === undefined || limits.length === 0) return [];
  const found = spans(subject);
  if (found.length !== limits.length) return [nesting(found.length, limits.length)];
  return limits.flatMap((each, level) => outside(each, found[level], level, limits.length));
}

function nesting(found: number, expected: number): Violation {
  return {
    kind: 'VALUE_NESTEDNESS_MISMATCH',
    short: 'Mismatched value nest level',
    description: `The values are nested ${counted(found, 'level')} deep, so that their counts are not checked.`,
    expected: counted(expected, 'level'),
    observed: counted(found, 'level'),
  };
}

function outside(limits: Bounds, found: Span | undefined, level: number, levels: number): Violation[] {
  if (found === undefined) return [];
  const { min, max } = found;
  const where = levels === 1 ? '' : ` at nest level ${level}`;
  const finding = (kind: string, short: string, what: string, count: number): Violation => ({
    kind,
    short,
    description: `Some rows have ${what} values than expected${where}: ${grouped(count)}.`,
    expected: `${between(limits, '', grouped)} values`,
    observed: counted(count, 'value'),
  });
  return [
    ...(min < (limits.min ?? 0)
      ? [finding('FEATURE_TYPE_LOW_NUMBER_VALUES', 'Missing values', 'fewer', min)]
      : []),
    ...(max > (limits.max ?? Infinity)
      ? [finding('FEATURE_TYPE_HIGH_NUMBER_VALUES', 'Superfluous values', 'more', max)]
      : []),
  ];
}

function fixedShape(subject: Subject): Violation[] {
  const { shape } = subject.feature;
  if (shape === undefined) return [];
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const [outermost] = spans(subject);
  if (outermost === undefined) return [];
  const { min: found, max } = outermost;
  const fixed = found === max && subject.profile.nulls === 0;
  if (fixed && found === size) return [];
  return [
    {
      kind: 'INVALID_FEATURE_SHAPE',
      short: 'Feature shape dropped',
      description: fixed
        ? `Every row has ${counted(found, 'value')}, which does not fit the shape.`
        : 'The feature has a shape, but it is not always present or its number of values varies.',
      expected: `${counted(size, 'value')} in every row`,
      observed: fixed
        ? counted(found, 'value')
        : subject.profile.nulls > 0
          ? `null in ${counted(subject.profile.nulls, 'row')}`
          : 'a varying number of values',
    },
  ];
}
