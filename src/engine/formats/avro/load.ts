export async function loadAvro(..._: unknown[]): Promise<boolean> {
  return false;
}
