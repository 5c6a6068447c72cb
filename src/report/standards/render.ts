import { inert, inertJson, neutral } from '../../wording/neutral.ts';
import { byteSize, counted, grouped } from '../../wording/numbers.ts';
import { croissant, type FilePlaces } from './croissant.ts';
import type { DescribedTable, Description } from './description.ts';
import type { DescriptionFormat } from './formats.ts';
import { mlflowDataset } from './mlflow.ts';
import { mltable } from './mltable.ts';
import { datasetEvent } from './openlineage.ts';

/** What some of the formats say beyond the facts. */
export interface DescriptionPlace {
  /** Of the repository, absolute. */
  readonly root: string;
  /** When this is said: ISO 8601. Only for a version that no commit has. */
  readonly now: string;
}

/** The facts of a version in the form of a standard. @param files needed by formats that name them */
export function renderDescription(
  description: Description,
  format: DescriptionFormat,
  place: DescriptionPlace,
  files: FilePlaces,
): string {
  switch (format) {
    case 'text':
      return inert(descriptionText(description));
    case 'mltable':
      return mltable(description, files);
    case 'croissant':
      return document(croissant(description, files));
    case 'mlflow':
      return document(mlflowDataset(description, place.root));
    case 'openlineage':
      return document(datasetEvent(description, place.root, place.now));
    case 'json':
      return document(description);
  }
}

function document(value: object): string {
  return `${inertJson(JSON.stringify(value, undefined, 2))}\n`;
}

function descriptionText(description: Description): string {
  const { path, digest, kind, bytes, files, rows, commit, remotes, source, meta, tables } = description;
  const size = kind === 'file' ? byteSize(bytes) : `${counted(files, 'file')}, ${byteSize(bytes)}`;
  const facts: [string, string][] = [
    ['digest', digest],
    ['size', rows === undefined ? size : `${size}, ${counted(rows, 'row')}`],
    ...(commit === null
      ? []
      : ([
          [
            'commit',
            `${commit.commit.slice(0, 10)}  ${commit.date.slice(0, 10)}  ${commit.subject} (${commit.author})`,
          ],
        ] as [string, string][])),
    ...(source === undefined ? [] : ([['source', source]] as [string, string][])),
    ...remotes.map(({ name, url }): [string, string] => ['remote', `${name} (${url})`]),
    ...Object.entries(meta),
  ];
  const width = Math.max(...facts.map(([key]) => key.length));
  const lines = facts.map(([key, value]) => `  ${key.padEnd(width)}  ${neutral(value)}`);
  return [neutral(path), ...lines, ...(tables ?? []).flatMap(tableLines)].join('\n');
}

function tableLines({ name, rows, features }: DescribedTable): string[] {
  const width = Math.max(...features.map((feature) => neutral(feature.name).length), 0);
  const title = name === '' ? '' : `${neutral(name)}, ${counted(rows, 'row')}`;
  return [
    title,
    ...features.map(({ name: called, type, nulls, distinct, isDistinctExact, min, max }) => {
      const range = min === undefined ? '' : `, ${min} to ${max}`;
      const missing = nulls === 0 ? '' : `, ${grouped(nulls)} missing`;
      const different = `${isDistinctExact ? '' : 'about '}${counted(distinct, 'value')}`;
      return `  ${neutral(called).padEnd(width)}  ${type}, ${different}${missing}${neutral(range)}`;
    }),
  ];
}
