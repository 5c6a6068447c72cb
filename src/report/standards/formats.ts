/** The forms in which the facts of a version are told. */
export const DESCRIPTION_FORMATS = ['text', 'json', 'openlineage', 'croissant', 'mlflow', 'mltable'] as const;

export type DescriptionFormat = (typeof DESCRIPTION_FORMATS)[number];

/** Tell whether a format names the files of a version. */
export function namesFiles(format: DescriptionFormat): boolean {
  return format === 'croissant' || format === 'mltable';
}
