/** Run `work` on something, if there is something, that is closed whatever happens. */
export async function closing<S extends { close(): unknown } | undefined, T>(
  opened: S,
  work: (opened: S) => Promise<T>,
): Promise<T> {
  try {
    return await work(opened);
  } finally {
    await opened?.close();
  }
}
