import type { DriftReport, DriftSeries } from '../drift/model.ts';
import { oneOf } from '../library/arguments.ts';
import { decodeProfile } from '../profile/format/encode.ts';
import { FORMATS, type RenderOptions, type ReportFormat } from '../report/format.ts';
import { renderDrift, renderDriftSeries, renderProfile, renderValidation } from '../report/render.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import { optionalText, paramOf } from './params.ts';
import type { Reply, Request } from './serve.ts';

const WIDTH = 100;
const KIND = oneOf('drift', 'driftSeries', 'validation', 'profile');
const FORMAT = oneOf(...FORMATS, 'tfdv', 'sagemaker');
const DOCUMENT = { what: 'a result', is: (value: unknown) => typeof value === 'object' && value !== null };

/** Make a document for people of a result that the client has. */
export async function render({ params, payload }: Request): Promise<Reply> {
  const kind = paramOf('render', params, 'kind', KIND);
  const format = paramOf('render', params, 'format', FORMAT) as ReportFormat;
  const name = optionalText('render', params, 'name');
  const look: RenderOptions = { color: false, width: WIDTH, ...(name === undefined ? {} : { name }) };
  if (kind === 'profile')
    return { result: renderProfile(decodeProfile(payload, name ?? 'the profile'), format, look) };
  const document = paramOf('render', params, 'document', DOCUMENT);
  if (kind === 'drift') return { result: renderDrift(document as DriftReport, format, look) };
  if (kind === 'driftSeries') return { result: renderDriftSeries(document as DriftSeries, format, look) };
  return { result: renderValidation(document as ValidationReport, format, look) };
}
