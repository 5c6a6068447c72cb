import type { TrustRequest } from './request.ts';

/**
 * Make the request of a dataset in whose folder Git tracks files that a .varveignore leaves out: programs there may take data that comes
 * beside them for a module or for settings of their own.
 * @param pointer path of the pointer, which names the folder
 */
export function codeRequest(dataset: string, pointer: string): TrustRequest {
  return { about: 'code', name: dataset, facts: [{ key: 'folder', value: dataset, file: pointer }] };
}
