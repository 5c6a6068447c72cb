// Measures digests that could name chunks, on chunks of 64 KiB and on whole MiBs, one core: the processor's own time, so that a busy machine
// says the same as an idle one. Run it a second time with OPENSSL_ia32cap='~0x0:~0x20000000', which hides the SHA extensions from OpenSSL.
//
// Usage: node scripts/bench/digests.mjs [folder of an installed hash-wasm, for BLAKE3]
import { createHash, hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const TOTAL = 512 * 1024 * 1024;
const NATIVE = ['sha256', 'sha512-256', 'sha512', 'blake2b512', 'blake2s256', 'sha3-256', 'md5'];

/** GiB for each second of the processor, best of five. */
function speed(work, size) {
  const bytes = Buffer.alloc(size, 7);
  let best = 0;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    for (let done = 0; done < TOTAL; done += size) work(bytes);
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, TOTAL / 2 ** 30 / ((user + system) / 1e6));
  }
  return best.toFixed(2);
}

console.log(`Node ${process.version}, OPENSSL_ia32cap=${process.env.OPENSSL_ia32cap ?? '(not set)'}`);
console.log('| digest | chunks of 64 KiB (GiB/s) | blocks of 1 MiB (GiB/s) |\n|---|---|---|');
const row = (name, work) => console.log(`| ${name} | ${speed(work, 65_536)} | ${speed(work, 2 ** 20)} |`);
row('sha256, in one call', (bytes) => hash('sha256', bytes, 'buffer'));
for (const name of NATIVE) row(name, (bytes) => createHash(name).update(bytes).digest());
const folder = process.argv[2];
if (folder !== undefined) {
  const { createBLAKE3 } = createRequire(join(folder, 'x.js'))('hash-wasm');
  const blake3 = await createBLAKE3();
  row('blake3, WASM', (bytes) => blake3.init().update(bytes).digest('binary'));
}
