// Makes fixtures/values/big-endian.arrow and .arrows: Arrow IPC that says its numbers are big-endian, which no writer at hand makes.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const { Schema } = require(join(dirname(require.resolve('apache-arrow')), 'fb', 'schema.js'));
Schema.addEndianness = (builder) => builder.addFieldInt16(0, 1, 0);
const { tableFromArrays, tableToIPC } = require('apache-arrow');

const folder = new URL('../fixtures/values/', import.meta.url);
const table = tableFromArrays({ n: Int32Array.of(1 << 24, 2 << 24) });
writeFileSync(new URL('big-endian.arrow', folder), tableToIPC(table, 'file'));
writeFileSync(new URL('big-endian.arrows', folder), tableToIPC(table, 'stream'));
