import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Run while a Delta table is as it was at a version, without the commits and checkpoints that came later. @param table its folder */
export function whileAt<T>(table: string, version: number, run: () => T): T {
  const log = join(table, '_delta_log');
  const aside = `${table}-later`;
  const later = readdirSync(log).filter((name) => Number(/^\d{20}/.exec(name)) > version);
  mkdirSync(aside);
  for (const name of later) renameSync(join(log, name), join(aside, name));
  try {
    return run();
  } finally {
    for (const name of later) renameSync(join(aside, name), join(log, name));
    rmSync(aside, { recursive: true });
  }
}
