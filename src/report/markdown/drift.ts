import type { DriftReport, FeatureDrift, FeatureRef, Side } from '../../drift/model.ts';
import { brief } from '../../wording/neutral.ts';
import { count, counted, magnitude } from '../../wording/numbers.ts';
import { featureTitle, gradeOf, reasonOf, STRENGTH_MEANING, sideSize, spoken } from '../phrases.ts';
import { sparklines } from '../text/sparkline.ts';
import { Document, EMOJI } from './document.ts';
import { code, pipes, plain } from './escape.ts';

const MAX_ROWS = 50;
const DETAILED = 10;
const SPARK_WIDTH = 12;

/** Renders drift for a pull request's comment: under 60 KB whatever the report; the gravest features first. */
export function driftMarkdown(report: DriftReport): string {
  const document = new Document();
  addDrift(document, report);
  return document.toString();
}

/** Adds the report as far as there is room; its heading and all, or nothing. */
export function addDrift(document: Document, report: DriftReport): void {
  const changed = report.features.filter((feature) => feature.verdict !== 'none');
  if (!document.add(heading(report))) return;
  if (changed.length > 0) {
    document.table(['', 'feature', 'strength', 'before', 'after', 'why'], changed.map(row), MAX_ROWS);
    document.add(`\n${STRENGTH_MEANING}\n`);
  }
  document.add(oneSided('Only after', report.added));
  document.add(oneSided('Only before', report.removed));
  measures(document, changed.slice(0, DETAILED));
  const unchanged = report.features.length - changed.length;
  if (unchanged > 0) document.add(`\n${EMOJI.good} ${counted(unchanged, 'feature')} without drift.\n`);
}

function heading({ summary, verdict, before, after }: DriftReport): string {
  const side = (side: Side): string => `${code(brief(side.name, 200))} (${sideSize(side)})`;
  return `### ${EMOJI[gradeOf(verdict)]} ${plain(brief(summary, 400))}\n\n${side(before)} → ${side(after)}\n`;
}

function row(feature: FeatureDrift): string[] {
  const [before, after] = sparklines(feature.distribution, SPARK_WIDTH);
  return [
    EMOJI[gradeOf(feature.verdict)],
    code(featureTitle(feature)),
    magnitude(feature.strength),
    pipes(before),
    pipes(after),
    plain(brief(reasonOf(feature), 200)),
  ];
}

function oneSided(title: string, features: readonly FeatureRef[]): string {
  if (features.length === 0) return '';
  const names = features.slice(0, MAX_ROWS).map((feature) => code(featureTitle(feature)));
  const more = features.length > MAX_ROWS ? ` and ${count(features.length - MAX_ROWS)} more` : '';
  return `\n${title}: ${names.join(', ')}${more}\n`;
}

function measures(document: Document, features: readonly FeatureDrift[]): void {
  const rows = features.flatMap((feature) =>
    spoken(feature).map((measure) => [
      code(featureTitle(feature)),
      plain(measure.name),
      magnitude(measure.value),
      measure.threshold === undefined ? '' : magnitude(measure.threshold),
      measure.expected === undefined ? '' : magnitude(measure.expected),
      EMOJI[gradeOf(measure.verdict)],
    ]),
  );
  if (rows.length === 0 || !document.add('\n<details><summary>Measures</summary>\n')) return;
  document.table(['feature', 'measure', 'value', 'threshold', 'by chance', ''], rows, 200);
  document.close('\n</details>\n');
}
