import type { FeatureSchema } from '../model.ts';
import type { Rule } from './rule.ts';

/** `float` takes every number, `decimal` takes integers, and two-valued numbers take booleans. */
function accepts(feature: FeatureSchema, type: string): boolean {
  const wider: Readonly<Record<string, readonly string[]>> = {
    integer: ['decimal', 'float'],
    decimal: ['float'],
    boolean: feature.boolean === undefined ? [] : ['integer', 'float', 'decimal'],
  };
  return feature.types.some((each) => each === type || (wider[type] ?? []).includes(each));
}

export const TYPE_RULE: Rule = {
  check({ feature, profile }) {
    // Lists without a single value contradict no type.
    if (profile.type === 'unknown' || accepts(feature, profile.type)) return [];
    const expected = feature.types.join(' or ');
    return [
      {
        kind: 'UNEXPECTED_DATA_TYPE',
        short: 'Unexpected data type',
        description: `Expected data of type ${expected}, found ${profile.type} (${profile.engineType}).`,
        expected,
        observed: profile.type,
      },
    ];
  },
  relax({ feature, profile }) {
    if (accepts(feature, profile.type) || profile.type === 'unknown') return feature;
    const widened: FeatureSchema = { ...feature, types: [...feature.types, profile.type] };
    const narrower = (['integer', 'decimal'] as const).filter((each) =>
      widened.types.some((other) => other !== each && accepts({ ...widened, types: [other] }, each)),
    );
    return widened.domain === undefined
      ? { ...widened, types: widened.types.filter((each) => !narrower.includes(each as never)) }
      : widened;
  },
};
