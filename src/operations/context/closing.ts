/** Run `work` on something that is closed whatever happens. */
export async function closing<S extends { close(): Promise<void> }, T>(
  opened: S,
  work: (opened: S) => Promise<T>,
): Promise<T> {
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
