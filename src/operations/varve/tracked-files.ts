import { foldersAbove } from '../../base/files/path-order.ts';
import type { NameFolding } from '../../workspace/checkout/name-collisions.ts';
import { refuseTrackedFiles, type Touched } from '../../workspace/checkout/tracked-files.ts';
import { gitList } from '../../workspace/git/git.ts';
import { isDocument } from '../../workspace/git/tracked-data.ts';
import { pointerPath } from '../../workspace/pointer.ts';
import { isIgnored } from '../../workspace/tree/varveignore.ts';
import { codeRequest } from '../../workspace/trust/code.ts';
import { requireTrust } from '../../workspace/trust/consent.ts';
import type { TrustRequest } from '../../workspace/trust/request.ts';

/**
 * Refuse what a checkout may not touch, as refuseTrackedFiles does. Beside files that a .varveignore leaves out of the dataset, it may
 * write once this machine agreed.
 * @throws VarveError `path-tracked`, `settings-untrusted`
 */
export function refuseTouched(root: string, touched: readonly Touched[], folding: NameFolding): void {
  const isLeftOut = (dataset: string, path: string): boolean => isWithinIgnored(root, dataset, path);
  for (const dataset of refuseTrackedFiles(root, touched, folding, isLeftOut))
    requireTrust(root, requestOf(dataset));
}

/** What datasets ask of this machine, in whose folders Git tracks programs. */
export function codeRequests(root: string, datasets: readonly string[]): TrustRequest[] {
  const known = new Set(datasets);
  const found = new Set<string>();
  for (const path of datasets.length === 0 ? [] : gitList(root, ['ls-files', '-z'])) {
    const dataset = isDocument(path) ? undefined : foldersAbove(path).find((folder) => known.has(folder));
    if (dataset !== undefined && !found.has(dataset) && isWithinIgnored(root, dataset, path))
      found.add(dataset);
  }
  return [...found].map(requestOf);
}

function requestOf(dataset: string): TrustRequest {
  return codeRequest(dataset, pointerPath(dataset));
}

/** Git may have another form of the dataset's name, by which no rule is found. */
function isWithinIgnored(root: string, dataset: string, path: string): boolean {
  return path.startsWith(`${dataset}/`) && isIgnored(root, dataset, path);
}
