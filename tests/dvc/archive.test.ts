import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tarArchive } from '../../src/dvc/objects/archive.ts';

test('tar reads what was archived', () => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-archive-'));
  try {
    const name = fc.stringMatching(/^[0-9a-f]{2}\/[0-9a-f]{30}(\.dir)?$/).map((key) => `files/md5/${key}`);
    const size = fc.oneof(fc.constantFrom(0, 1, 511, 512, 513, 1024), fc.nat(5000));
    fc.assert(
      fc.property(fc.dictionary(name, size, { minKeys: 1, maxKeys: 5 }), (files) => {
        const given = Object.entries(files).map(([key, length], index) => ({
          name: key,
          bytes: Buffer.alloc(length, index + 1),
        }));
        writeFileSync(join(folder, 'archive.tar'), tarArchive(given));
        execFileSync('tar', ['xf', 'archive.tar'], { cwd: folder });
        for (const { name: key, bytes } of given)
          expect(readFileSync(join(folder, key)).equals(bytes), key).toBe(true);
      }),
      { numRuns: 20 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
