import type { DriftReport } from '../drift/model.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import { brief } from '../wording/neutral.ts';
import { count, counted } from '../wording/numbers.ts';
import { anomalyCount, type Grade, gradeOf, validationGrade } from './phrases.ts';

/** What a check found of one dataset, as far as there was something to hold it against. */
export interface DatasetReport {
  readonly path: string;
  /** What differs from the base; of `schema` and `origin` the data does not. */
  readonly change: 'added' | 'modified' | 'renamed' | 'schema' | 'origin' | 'removed';
  readonly renamedFrom?: string;
  /** Where the data comes from, if the base has it from elsewhere; null for what was added by hand, or is not there. */
  readonly origins?: { readonly before: string | null; readonly after: string | null };
  readonly validation: ValidationReport | undefined;
  readonly drift: DriftReport | undefined;
  /** Why it could not be checked in full. */
  readonly failure?: { readonly code: string; readonly message: string; readonly remedy: string };
}

/** The results of a check of several datasets. */
export interface CheckedDatasets {
  readonly datasets: readonly DatasetReport[];
}

/** `3 datasets differ from the base: 1 breaks its schema, 1 drifted, 1 was removed`. Says of nothing that it holds unless it was held. */
export function checkSummary({ datasets }: CheckedDatasets): string {
  if (datasets.length === 0) return 'No dataset differs from the base';
  const differ = `${counted(datasets.length, 'dataset')} ${datasets.length === 1 ? 'differs' : 'differ'} from the base`;
  const found = foundIn(datasets);
  const moved = datasets.filter(isMoved).length;
  const elsewhere =
    moved === 0 ? [] : [`${count(moved)} ${moved === 1 ? 'comes' : 'come'} from elsewhere than before`];
  const removed = datasets.filter(({ change }) => change === 'removed').length;
  const gone = removed === 0 ? [] : [`${count(removed)} ${removed === 1 ? 'was' : 'were'} removed`];
  const isNamed = gone.length + elsewhere.length > 0;
  return `${differ}: ${[...elsewhere, ...(found.length > 0 ? found : calm(datasets, isNamed)), ...gone].join(', ')}`;
}

/** Whether data that the base has too comes from elsewhere now. */
function isMoved({ change, origins }: DatasetReport): boolean {
  return origins !== undefined && change !== 'added' && change !== 'removed';
}

/** Code points that are shown. Addresses stand first, and pointers have none of more than 2048: what is cut off stands behind. */
const MAX_ORIGIN = 2500;

/** Where the data of a dataset comes from, and came from; undefined where that is as in the base, or the dataset is gone. Neutral. */
export function originSides(
  dataset: DatasetReport,
): { readonly path: string; readonly now: string; readonly before: string | undefined } | undefined {
  const { path, change, origins } = dataset;
  if (origins === undefined || change === 'removed') return undefined;
  const shown = (origin: string | null): string =>
    brief(origin ?? 'nowhere else: it was added by hand', MAX_ORIGIN);
  return {
    path: brief(path, 300),
    now: shown(origins.after),
    before: change === 'added' ? undefined : shown(origins.before),
  };
}

function foundIn(datasets: readonly DatasetReport[]): string[] {
  const number = (is: (dataset: DatasetReport) => boolean) => datasets.filter(is).length;
  const failed = number(({ failure }) => failure !== undefined);
  const broken = number(({ validation }) => validation?.valid === false);
  const unchecked = number(
    ({ validation }) => validation?.valid === true && validation.unchecked !== undefined,
  );
  const drifted = number(({ drift }) => drift?.verdict === 'drift');
  return [
    ...(failed > 0 ? [`${count(failed)} could not be checked`] : []),
    ...(broken > 0 ? [`${count(broken)} ${broken === 1 ? 'breaks its schema' : 'break their schemas'}`] : []),
    ...(unchecked > 0 ? [`${count(unchecked)} ${unchecked === 1 ? 'was' : 'were'} not checked in full`] : []),
    ...(drifted > 0 ? [`${count(drifted)} drifted`] : []),
  ];
}

/** @param isNamed whether something else is said of them */
function calm(datasets: readonly DatasetReport[], isNamed: boolean): string[] {
  const isCompared = datasets.some(({ drift }) => drift !== undefined);
  const isHeld = datasets.some(({ validation }) => validation !== undefined);
  if (isCompared || isHeld)
    return [[...(isCompared ? ['no drift'] : []), ...(isHeld ? ['every schema holds'] : [])].join(', and ')];
  return isNamed && datasets.every(({ change }) => change === 'removed' || change === 'origin')
    ? []
    : ['no schema, and nothing to compare with'];
}

/** A dataset's line in the table that a check begins with. Texts are neutral; `grade` is of what the cell says, if that is good or bad. */
export interface CheckedRow {
  readonly path: string;
  readonly change: string;
  readonly schema: CheckedCell;
  readonly drift: CheckedCell;
}

export interface CheckedCell {
  readonly text: string;
  readonly grade?: Grade;
}

export function checkedRow(dataset: DatasetReport): CheckedRow {
  const { path, failure } = dataset;
  return {
    path: brief(path, 300),
    change: changeWords(dataset) ?? 'changed',
    schema: failure === undefined ? schemaCell(dataset) : { text: failureWords(failure), grade: 'bad' },
    drift: driftCell(dataset),
  };
}

function schemaCell({ change, validation }: DatasetReport): CheckedCell {
  if (validation !== undefined)
    return { text: anomalyCount(validation.anomalies), grade: validationGrade(validation) };
  return { text: change === 'removed' ? '' : 'no schema' };
}

function driftCell({ change, drift }: DatasetReport): CheckedCell {
  if (drift !== undefined) return { text: brief(drift.summary, 200), grade: gradeOf(drift.verdict) };
  if (change === 'removed') return { text: '' };
  const isSame = change === 'schema' || change === 'renamed' || change === 'origin';
  return { text: isSame ? 'the same data' : 'nothing to compare with' };
}

/** What became of a dataset, in a few words: `renamed from a.csv`. Undefined of one of which only the data changed. Neutral. */
export function changeWords(dataset: DatasetReport): string | undefined {
  const words = ownChange(dataset);
  if (!isMoved(dataset) || dataset.change === 'origin') return words;
  return `${words ?? 'changed'}, and comes from elsewhere`;
}

function ownChange({ change, renamedFrom, validation, failure }: DatasetReport): string | undefined {
  if (change === 'origin') return 'comes from elsewhere';
  if (change === 'added') return 'new';
  if (change === 'renamed') return `renamed from ${brief(renamedFrom ?? '', 200)}`;
  if (change === 'removed') return 'removed';
  if (change === 'modified') return undefined;
  return validation === undefined && failure === undefined ? 'its schema was removed' : 'its schema changed';
}

/** Why a dataset could not be checked, and what to do. Neutral. */
export function failureWords({ message, remedy }: NonNullable<DatasetReport['failure']>): string {
  return brief(`could not be checked: ${message}. ${remedy}`, 1000);
}
