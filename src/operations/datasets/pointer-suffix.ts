/** Name the data that a path from a user or from Git means: who names a pointer means what it points to. */
export function withoutSuffix(path: string, suffix: string): string {
  const isPointer = path.endsWith(suffix) && path !== suffix && !path.endsWith(`/${suffix}`);
  return isPointer ? path.slice(0, -suffix.length) : path;
}
