import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, Profile, TableProfile } from '../profile/model/model.ts';
import { FILES_TABLE } from '../profile/model/tables.ts';

import { FeaturePair } from './findings/finding.ts';
import type { DriftOptions, FeatureRef } from './model.ts';
import { isCompared } from './thresholds.ts';

interface Matched {
  readonly pairs: FeaturePair[];
  readonly added: FeatureRef[];
  readonly removed: FeatureRef[];
}

/**
 * Pairs the features of two profiles by table and name; those without a partner are added or removed. The table of files
 * counts only if both sides are directories.
 */
export function matchFeatures(before: Profile, after: Profile, options: DriftOptions): Matched {
  const tables = new Map(after.tables.map((table) => [table.name, table]));
  const matched: Matched = { pairs: [], added: [], removed: [] };
  for (const table of before.tables) {
    const other = tables.get(table.name);
    if (other !== undefined) matchTable(table, other, options, matched);
    else if (table.name !== FILES_TABLE) matched.removed.push(...tableRefs(table, options));
    tables.delete(table.name);
  }
  for (const table of tables.values()) {
    if (table.name !== FILES_TABLE) matched.added.push(...tableRefs(table, options));
  }
  return matched;
}

function matchTable(before: TableProfile, after: TableProfile, options: DriftOptions, into: Matched): void {
  const others = new Map(after.features.map((feature) => [featureName(feature.path), feature]));
  for (const feature of before.features) {
    const name = featureName(feature.path);
    const other = others.get(name);
    others.delete(name);
    if (!isCompared(name, options)) continue;
    if (other === undefined) into.removed.push(featureRef(before.name, feature));
    else
      into.pairs.push(
        new FeaturePair(
          {
            table: before.name,
            feature: name,
            before: feature,
            after: other,
            rows: { before: before.rows, after: after.rows },
          },
          {
            namesRows: typeof options.features?.thresholds?.[name]?.['key-overlap'] === 'number',
            isLabel: options.features?.labels?.includes(name) ?? false,
          },
        ),
      );
  }
  const added = [...others].filter(([name]) => isCompared(name, options));
  into.added.push(...added.map(([, feature]) => featureRef(before.name, feature)));
}

function tableRefs(table: TableProfile, options: DriftOptions): FeatureRef[] {
  return table.features
    .filter(({ path }) => isCompared(featureName(path), options))
    .map((feature) => featureRef(table.name, feature));
}

function featureRef(table: string, feature: FeatureProfile): FeatureRef {
  return { table, feature: featureName(feature.path), type: feature.type };
}

export function pairRef({ table, feature, before, after }: FeaturePair): FeatureRef {
  return { table, feature, type: after.type === 'unknown' ? before.type : after.type };
}

/** Names a feature among all tables. */
export function featureKey({ table, feature }: Pick<FeatureRef, 'table' | 'feature'>): string {
  return JSON.stringify([table, feature]);
}
