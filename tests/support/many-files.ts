import { chmodSync, mkdirSync } from 'node:fs';
import type { Sandbox } from './sandbox.ts';

/** A folder data/many whose names, modes and empty folders are easily got wrong. */
export function manyFiles(box: Sandbox): void {
  box.write('repo/data/many/a/one.txt', 'one');
  box.write('repo/data/many/a-b.txt', 'between');
  box.write('repo/data/many/ü/Größe 1.txt', 'umlaut');
  box.write('repo/data/many/\u{1F600}.txt', 'past the basic plane');
  box.write('repo/data/many/\uffee.txt', 'before it in UTF-8, behind it in UTF-16');
  box.write('repo/data/many/empty.txt', '');
  chmodSync(box.write('repo/data/many/run.sh', '#!/bin/sh\n'), 0o755);
  mkdirSync(box.path('repo/data/many/hollow/inner'), { recursive: true });
}
