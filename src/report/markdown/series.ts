import type { DriftSeries } from '../../drift/model.ts';
import { brief } from '../../wording/neutral.ts';
import { featureTitle, gradeOf, sideSize } from '../phrases.ts';
import { everChanged, loudestReason, revision, seriesSummary, strengthLine } from '../series.ts';
import { Document, EMOJI } from './document.ts';
import { code, pipes, plain } from './escape.ts';

const MAX_ROWS = 50;

/** A history for a pull request or a wiki: the answer, each step, then each feature that ever changed. */
export function seriesMarkdown(series: DriftSeries): string {
  const document = new Document();
  document.add(`### ${plain(seriesSummary(series))}\n`);
  const steps = series.steps.map(({ verdict, summary }, at) => {
    const after = series.versions[at + 1]!;
    return [
      EMOJI[gradeOf(verdict)],
      code(revision(after)),
      plain(after.date?.slice(0, 10) ?? ''),
      sideSize(after),
      plain(brief(summary, 200)),
    ];
  });
  // The newest first: where there is no room for all, it is the oldest that are left out.
  document.table(['', 'version', 'date', 'size', 'against the one before'], steps.reverse(), MAX_ROWS);
  const features = everChanged(series).map((feature) => [
    code(featureTitle(feature)),
    pipes(strengthLine(feature)),
    plain(brief(loudestReason(feature), 200)),
  ]);
  if (features.length > 0)
    document.table(['feature', 'strength by step', 'at its strongest'], features, MAX_ROWS);
  return document.toString();
}
