import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type DataFile, type ProfileOptions, profileFiles } from '../../src/profile/dataset/profile-files.ts';
import type { FeatureProfile, TableProfile } from '../../src/profile/model/model.ts';

/** A folder that the test which makes it leaves behind removed. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'varve-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes files and tells of them as a dataset's scan would. */
export function dataFiles(contents: Readonly<Record<string, string | Uint8Array>>): DataFile[] {
  const root = folder();
  return Object.entries(contents).map(([path, content]) => {
    const absolutePath = join(root, path);
    mkdirSync(dirname(absolutePath), { recursive: true });
    writeFileSync(absolutePath, content);
    return { absolutePath, path, digest: `sha256:${path}`, size: statSync(absolutePath).size };
  });
}

/** The profile of one file's only table. */
export async function tableOf(
  name: string,
  content: string | Uint8Array,
  options: ProfileOptions = {},
): Promise<TableProfile> {
  return (await profileFiles(dataFiles({ [name]: content }), options)).tables[0]!;
}

export function feature(table: TableProfile, name: string): FeatureProfile {
  const found = table.features.find((each) => each.path.join('.') === name);
  if (found === undefined)
    throw new Error(`no ${name} in ${table.features.map((each) => each.path.join('.'))}`);
  return found;
}
