import type { Profile } from '../profile/model/model.ts';

export const FORMATS = [
  'text',
  'json',
  'markdown',
  'html',
  'junit',
  'sarif',
  'github',
  'prometheus',
] as const;

/** TensorFlow Data Validation's own messages, of statistics and anomalies only; SageMaker Model Monitor's, of statistics only. */
export type ReportFormat = (typeof FORMATS)[number] | 'tfdv' | 'sagemaker';

/** Options for the look of a report. Nothing here changes what it says. */
export interface RenderOptions {
  /** ANSI colours in `text`. */
  readonly color: boolean;
  /** Terminal cells in a line of `text`; 60 or more read well. */
  readonly width: number;
  /** What the profile is of, as the person named it. Drift and validation reports carry their own names. */
  readonly name?: string;
  /**
   * The file in the repository that `github` and `sarif` findings point at (the pointer, say). Default: the dataset's
   * name without its revision.
   */
  readonly file?: string;
  /** An earlier profile, which `html` draws under the first; the other formats are of one profile. */
  readonly compareWith?: { readonly name: string; readonly profile: Profile };
}
