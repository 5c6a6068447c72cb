import type { Anomaly, ValidationReport } from '../../schema/anomaly.ts';
import { brief } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { type Markup, markup, type Part, separated } from '../markup.ts';
import {
  anomalyCount,
  examplePlace,
  featureTitle,
  type Grade,
  gradeOf,
  sideSize,
  validationGrade,
} from '../phrases.ts';
import { badge, datum, type Order, sentence, shortDigest, table } from './parts.ts';
import { type Section, sectionPage, type Titled } from './section.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'severity' },
  { key: 'name', title: 'name' },
  { key: 'count', down: true, title: 'number of anomalies' },
];

interface Group {
  readonly name: string;
  readonly grade: Grade;
  readonly anomalies: readonly Anomaly[];
}

/** The page for people: the answer, then a card a feature with all that is wrong with it, the gravest first. */
export function validationPage(report: ValidationReport): string {
  return sectionPage(titledValidation(report));
}

export function titledValidation(report: ValidationReport): Titled {
  return {
    title: `Schema: ${brief(report.dataset.name, 100)}`,
    section: validationSection(report),
    orders: ORDERS,
  };
}

export function validationSection(report: ValidationReport): Section {
  const groups = grouped(report.anomalies);
  return {
    check: 'schema',
    answer: markup`${badge(validationGrade(report), 'schema')} ${answer(report)}`,
    head: sides(report),
    cards: groups.map(card),
    grades: groups.map((group) => group.grade),
    empty: 'Every feature is as its schema says.',
  };
}

function sides({ dataset, schema, environment }: ValidationReport): Markup {
  const side = (title: string, name: string, more: Part): Markup =>
    markup`<div class="after"><dt>${title}</dt><dd>${datum(brief(name, 200))}${more}</dd></div>`;
  const rows = markup`${shortDigest(dataset.digest)}<span>${sideSize(dataset)}</span>`;
  const within = environment === undefined ? '' : markup`<span>environment ${environment}</span>`;
  return markup`<dl class="sides">${side('data', dataset.name, rows)}${side('schema', schema, within)}</dl>`;
}

function answer({ anomalies }: ValidationReport): string {
  const features = new Set(anomalies.map(featureTitle)).size;
  if (anomalies.length === 0) return 'No anomalies';
  const found = anomalyCount(anomalies);
  return `${found} in ${counted(features, 'feature')}`;
}

/** Groups anomalies by feature; groups with errors first, else in the report's order. */
function grouped(anomalies: readonly Anomaly[]): Group[] {
  const groups = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    const key = JSON.stringify([anomaly.table, anomaly.feature]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [anomaly]);
    else group.push(anomaly);
  }
  const all = [...groups.values()].map((group): Group => {
    const sorted = group.toSorted((a, b) => rank(a) - rank(b));
    return { name: featureTitle(sorted[0]!), grade: gradeOf(sorted[0]!.severity), anomalies: sorted };
  });
  return all.sort((a, b) => rank(a.anomalies[0]!) - rank(b.anomalies[0]!));
}

function rank(anomaly: Anomaly): number {
  return anomaly.severity === 'error' ? 0 : 1;
}

function card({ name, grade, anomalies }: Group, place: number): Markup {
  const kinds = anomalies.map((anomaly) => `${anomaly.kind} ${anomaly.short}`).join(' ');
  const keys = markup`data-place="${place}" data-name="${name.toLowerCase()}" data-count="${anomalies.length}"`;
  return markup`<article class="card" data-grade="${grade}" data-find="${`${name} ${kinds}`.toLowerCase()}" ${keys}>
<header><h3>${datum(name)}</h3>${badge(grade, 'schema')}</header>
${separated(anomalies.map(section))}
</article>`;
}

function section(anomaly: Anomaly): Markup {
  const examples = (anomaly.examples ?? []).map((example) => [
    examplePlace(example),
    brief(example.value, 200),
  ]);
  return markup`<section class="anomaly ${gradeOf(anomaly.severity)}">
<h4>${brief(anomaly.short, 200)} <code>${anomaly.kind}</code></h4>
<p>${sentence(brief(anomaly.description, 1000))}</p>
<dl class="against"><div><dt>expected</dt><dd>${sentence(brief(anomaly.expected, 400))}</dd></div><div><dt>observed</dt><dd>${sentence(brief(anomaly.observed, 400))}</dd></div></dl>
${examples.length > 0 ? table(['where', 'value'], examples, 'none') : ''}
</section>`;
}
