import type { DriftReport } from '../drift/model.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import { count, counted } from '../wording/numbers.ts';

/** The results of a check of several datasets; each has what there was to compare with. */
export interface CheckedDatasets {
  readonly datasets: readonly {
    readonly path: string;
    readonly validation: ValidationReport | undefined;
    readonly drift: DriftReport | undefined;
  }[];
}

/** `2 datasets differ from the base: 1 breaks its schema, 1 drifted`. */
export function checkSummary({ datasets }: CheckedDatasets): string {
  if (datasets.length === 0) return 'No dataset differs from the base';
  const broken = datasets.filter(({ validation }) => validation?.valid === false).length;
  const drifted = datasets.filter(({ drift }) => drift?.verdict === 'drift').length;
  const found = [
    ...(broken > 0 ? [`${count(broken)} ${broken === 1 ? 'breaks its schema' : 'break their schemas'}`] : []),
    ...(drifted > 0 ? [`${count(drifted)} drifted`] : []),
  ];
  const differ = `${counted(datasets.length, 'dataset')} ${datasets.length === 1 ? 'differs' : 'differ'} from the base`;
  return `${differ}: ${found.join(', ') || 'no drift, and every schema holds'}`;
}
