// Makes fixtures/values/big-endian.arrow: Arrow IPC that says its numbers are big-endian, which no writer at hand makes.
const { writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const arrow = require.resolve('apache-arrow');
const { Schema } = require(join(dirname(arrow), 'fb', 'schema.js'));
Schema.addEndianness = (builder) => builder.addFieldInt16(0, 1, 0);
const { tableFromArrays, tableToIPC } = require('apache-arrow');

const table = tableFromArrays({ n: Int32Array.of(1 << 24, 2 << 24) });
for (const [name, format] of [
  ['big-endian.arrow', 'file'],
  ['big-endian.arrows', 'stream'],
])
  writeFileSync(join(__dirname, '..', 'fixtures', 'values', name), tableToIPC(table, format));
