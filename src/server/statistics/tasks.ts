import { compareProfiles } from '../../drift/compare.ts';
import { type ComparedStep, seriesOf, type Version } from '../../drift/history.ts';
import type { FooterStatistics } from '../../profile/footers/model.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { Profile } from '../../profile/model/model.ts';
import { titledDrift } from '../../report/html/drift.ts';
import { titledFooters } from '../../report/html/footers.ts';
import { titledProfile } from '../../report/html/profile.ts';
import { titledSeries } from '../../report/html/series.ts';
import { reportText } from '../../report/html/site.ts';
import { titledValidation } from '../../report/html/validation.ts';
import { validateProfile } from '../../schema/validate.ts';
import type { NamedFeature, Task, TaskKind, Tasks } from './questions.ts';

type Answer<K extends TaskKind> = Tasks[K]['answer'];

/** Do what is asked of what footers say. */
export function answerOfFooters({ name }: Task<'footers'>, footers: FooterStatistics): Answer<'footers'> {
  return reportText(titledFooters(footers, { name }));
}

/** Do what is asked of profiles. They come in the order that the task says. */
export function answerTask(
  task: Exclude<Task, Task<'footers'>>,
  profiles: readonly Profile[],
): Answer<TaskKind> | Promise<Answer<TaskKind>> {
  const [first, second] = profiles as [Profile, Profile];
  switch (task.kind) {
    case 'names':
      return namesIn(first);
    case 'step':
      return stepBetween(first, second, task);
    case 'profile':
      return reportText(titledProfile(first, { name: task.name }));
    case 'drift':
      return driftReport(first, second, task);
    case 'validation':
      return validationReport(first, second, task);
    case 'history':
      return historyReport(profiles, task);
  }
}

function namesIn({ tables }: Profile): NamedFeature[] {
  return tables.flatMap(({ name: table, features }) =>
    features.map(({ path, type }) => ({ table, feature: featureName(path), type })),
  );
}

/** What is kept of a comparison: its drawings hold on to both profiles. */
function stepBetween(before: Profile, after: Profile, { settings }: Task<'step'>): ComparedStep {
  const report = compareProfiles(before, after, { names: ['before', 'after'], ...settings });
  return {
    ...{ verdict: report.verdict, summary: report.summary, before: report.before, after: report.after },
    features: report.features.map(({ table, feature, type, verdict, strength, reasons }) => ({
      ...{ table, feature, type, verdict, strength, reasons },
    })),
  };
}

function driftReport(
  first: Profile,
  second: Profile,
  { versions, settings }: Task<'drift'>,
): Answer<'drift'> {
  const [before, after] = versions;
  const report = compareProfiles(first, second, {
    names: [before.name, after.name],
    digests: [before.digest, after.digest],
    ...settings,
  });
  return reportText(titledDrift(report));
}

async function validationReport(
  profile: Profile,
  previous: Profile | undefined,
  { version, schema, schemaName, environment }: Task<'validation'>,
): Promise<Answer<'validation'>> {
  const report = await validateProfile(profile, schema, {
    ...{ name: version.name, digest: version.digest, schemaName },
    ...(environment !== undefined && { environment }),
    ...(previous !== undefined && { previous }),
  });
  return reportText(titledValidation(report));
}

function historyReport(
  profiles: readonly Profile[],
  { versions, steps, chosen }: Task<'history'>,
): Answer<'history'> {
  const isChosen = (table: string, feature: string): boolean =>
    (chosen.feature ?? feature) === feature && (chosen.table ?? table) === table;
  const shown = versions.map(
    ({ name, date, digest }, at): Version => ({
      ...{ name, digest, profile: narrowed(profiles[at]!, isChosen) },
      ...(date !== undefined && { date }),
    }),
  );
  const reports = steps.map((step, at): ComparedStep => {
    const [before, after] = [versions[at]!, versions[at + 1]!];
    const features = step.features.filter(({ table, feature }) => isChosen(table, feature));
    return {
      ...(chosen.feature === undefined ? step : judgedBy(features)),
      features,
      before: { ...step.before, name: before.name, digest: before.digest },
      after: { ...step.after, name: after.name, digest: after.digest },
    };
  });
  const series = seriesOf(shown, reports);
  const features = series.features.map(({ table, feature, type }) => ({ table, feature, type }));
  return { report: reportText(titledSeries(series)), features };
}

/** The verdict on a step by some of its features. */
function judgedBy(features: ComparedStep['features']): Pick<ComparedStep, 'verdict' | 'summary'> {
  const [first] = features;
  return { verdict: first?.verdict ?? 'none', summary: first?.reasons[0] ?? 'no drift' };
}

/** A profile with the chosen features alone. */
function narrowed(profile: Profile, isChosen: (table: string, feature: string) => boolean): Profile {
  const tables = profile.tables.map((table) => ({
    ...table,
    features: table.features.filter(({ path }) => isChosen(table.name, featureName(path))),
  }));
  return { ...profile, tables };
}
