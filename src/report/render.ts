/**
 * The room of reports: turns the results of other rooms into documents for people and for programs. It decides nothing,
 * reads and writes no file, and knows no terminal.
 */

import type { DriftReport, DriftSeries, DriftWindow } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import type { FooterStatistics } from '../profile/footers/model.ts';
import type { Profile } from '../profile/model/model.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import { profileToStatistics } from '../schema/sagemaker/statistics.ts';
import { anomaliesToPbtxt } from '../schema/tfdv/anomalies.ts';
import { writeStatistics } from '../schema/tfdv/statistics-file.ts';
import { statisticsToTfdv } from '../schema/tfdv/statistics-to.ts';
import { inert } from '../wording/neutral.ts';
import { type CiFindings, driftFindings, validationFindings } from './ci/findings.ts';
import { github } from './ci/github.ts';
import { junit } from './ci/junit.ts';
import { driftMetrics, exposition, profileMetrics, validationMetrics } from './ci/prometheus.ts';
import { sarif } from './ci/sarif.ts';
import type { RenderOptions, ReportFormat } from './format.ts';
import { driftPage } from './html/drift.ts';
import { footersPage } from './html/footers.ts';
import { profilePage } from './html/profile.ts';
import { seriesPage } from './html/series.ts';
import { validationPage } from './html/validation.ts';
import { canonicalJson, footersDocument, profileDocument } from './json.ts';
import { driftMarkdown } from './markdown/drift.ts';
import { footersMarkdown } from './markdown/footers.ts';
import { profileMarkdown } from './markdown/profile.ts';
import { seriesMarkdown } from './markdown/series.ts';
import { validationMarkdown } from './markdown/validation.ts';
import { driftText } from './text/drift.ts';
import { footersText } from './text/footers.ts';
import { profileText } from './text/profile.ts';
import { seriesText } from './text/series.ts';
import { validationText } from './text/validation.ts';
import { windowText } from './text/window.ts';

/** The renderer for each format that makes sense. */
export type Renderers<T> = Readonly<Partial<Record<ReportFormat, (of: T, options: RenderOptions) => string>>>;

/** The formats that CI systems read: all are made of findings. */
function checks<T>(findings: (of: T, options: RenderOptions) => CiFindings): Renderers<T> {
  return {
    junit: (of, options) => junit([findings(of, options)]),
    sarif: (of, options) => sarif([findings(of, options)]),
    github: (of, options) => github([findings(of, options)]),
  };
}

const DRIFT: Renderers<DriftReport> = {
  text: driftText,
  json: canonicalJson,
  markdown: driftMarkdown,
  html: driftPage,
  ...checks(driftFindings),
  prometheus: (report) => exposition(driftMetrics(report)),
};

const DRIFT_SERIES: Renderers<DriftSeries> = {
  text: seriesText,
  json: canonicalJson,
  markdown: seriesMarkdown,
  html: seriesPage,
};

const DRIFT_WINDOW: Renderers<DriftWindow> = { text: windowText, json: canonicalJson };

const VALIDATION: Renderers<ValidationReport> = {
  text: validationText,
  json: canonicalJson,
  markdown: validationMarkdown,
  html: validationPage,
  ...checks(validationFindings),
  prometheus: (report) => exposition(validationMetrics(report)),
  tfdv: anomaliesToPbtxt,
};

const PROFILES: Renderers<Profile> = {
  text: profileText,
  json: (profile) => canonicalJson(profileDocument(profile)),
  markdown: profileMarkdown,
  html: profilePage,
  prometheus: (profile, options) => exposition(profileMetrics(profile, options.name ?? '')),
  tfdv: (profile) => writeStatistics(statisticsToTfdv(profile), 'pbtxt').toString(),
  sagemaker: profileToStatistics,
};

const FOOTERS: Renderers<FooterStatistics> = {
  text: footersText,
  json: (statistics) => canonicalJson(footersDocument(statistics)),
  markdown: footersMarkdown,
  html: footersPage,
};

/**
 * Renders a drift report as a document.
 * @throws VarveError `format-unsupported` if the format makes no sense for it
 */
export function renderDrift(report: DriftReport, format: ReportFormat, options: RenderOptions): string {
  return rendered('drift report', DRIFT, report, format, options);
}

/**
 * Renders a history of drift as a document.
 * @throws VarveError `format-unsupported`
 */
export function renderDriftSeries(series: DriftSeries, format: ReportFormat, options: RenderOptions): string {
  return rendered('drift history', DRIFT_SERIES, series, format, options);
}

/**
 * Renders one window of a stream as a line.
 * @throws VarveError `format-unsupported`
 */
export function renderDriftWindow(window: DriftWindow, format: ReportFormat, options: RenderOptions): string {
  return rendered('window of a stream', DRIFT_WINDOW, window, format, options);
}

/**
 * Renders a validation report as a document.
 * @throws VarveError `format-unsupported`
 */
export function renderValidation(
  report: ValidationReport,
  format: ReportFormat,
  options: RenderOptions,
): string {
  return rendered('validation report', VALIDATION, report, format, options);
}

/**
 * Renders a profile as a document.
 * @throws VarveError `format-unsupported`
 */
export function renderProfile(profile: Profile, format: ReportFormat, options: RenderOptions): string {
  return rendered('profile', PROFILES, profile, format, options);
}

/**
 * Renders what footers say as a document. There is none of it for programs that would take it for a profile.
 * @throws VarveError `format-unsupported`
 */
export function renderFooters(
  statistics: FooterStatistics,
  format: ReportFormat,
  options: RenderOptions,
): string {
  return rendered('list of what footers say', FOOTERS, statistics, format, options);
}

/**
 * A profile as statistics that TFDV loads, in the form that the name of a file asks for: `.tfrecord`, `.pb` (binary), else
 * text.
 */
export function profileAsStatistics(profile: Profile, file: string): Uint8Array {
  const form = /\.tfrecord$/i.test(file) ? 'tfrecord' : /\.pb$/i.test(file) ? 'binary' : 'pbtxt';
  return writeStatistics(statisticsToTfdv(profile), form);
}

/** @throws VarveError `format-unsupported` if there is no renderer for the format */
export function rendered<T>(
  what: string,
  renderers: Renderers<T>,
  of: T,
  format: ReportFormat,
  options: RenderOptions,
): string {
  const renderer = renderers[format];
  if (renderer !== undefined) return format === 'text' ? inert(renderer(of, options)) : renderer(of, options);
  throw new VarveError('format-unsupported', `a ${what} cannot be written as ${format}`, {
    remedy: `Choose one of ${Object.keys(renderers).join(', ')}.`,
  });
}
