/** A feature's path as people write it: `trips.[].fare`. */
export function featureName(path: readonly string[]): string {
  return path.join('.');
}
