"""Makes the files of fixtures/parquet. Run with pyarrow 26 and DuckDB 2.0; what no writer makes is a file of theirs with some bytes changed."""
from datetime import datetime
from pathlib import Path
from struct import pack

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent.parent / 'fixtures' / 'parquet'
JULIAN_DAY_OF_2024 = 2_460_311
JULIAN_DAY_OF_290000 = 107_641_003


def write(name, columns, **options):
    pq.write_table(pa.table(columns), FOLDER / f'{name}.parquet', store_schema=False, write_statistics=False, **options)


def patched(source, name, *changes):
    """Writes a copy with bytes changed. The numbers of bytes stay, and each is there at least once."""
    data = (FOLDER / f'{source}.parquet').read_bytes()
    for old, new in changes:
        assert len(old) == len(new) and old in data, old
        data = data.replace(old, new)
    (FOLDER / f'{name}.parquet').write_bytes(data)


plain = {'compression': 'none', 'use_dictionary': False}

# INT96: nanoseconds of the day, and the Julian day.
times = [datetime(2024, 1, 1, 20, 34, 56, 123456), datetime(2024, 1, 1), None]
write('int96', {'at': pa.array(times, pa.timestamp('us')), 'list': pa.array([times, [], None], pa.list_(pa.timestamp('us')))},
      use_deprecated_int96_timestamps=True, **plain)
# Of the bytes that both columns have, all are changed: midnight of 2024-01-01 is now in the year 290000.
patched('int96', 'int96-far', (pack('<qi', 0, JULIAN_DAY_OF_2024), pack('<qi', 0, JULIAN_DAY_OF_290000)))
write('int96-in-list', {'list': pa.array([times, [], None], pa.list_(pa.timestamp('us'))), 'day': pa.array([1, 2, 3], pa.date32())},
      use_deprecated_int96_timestamps=True, **plain)
patched('int96-in-list', 'int96-in-list', (pack('<qi', 0, JULIAN_DAY_OF_2024), pack('<qi', 0, JULIAN_DAY_OF_290000)))

write('time-nanoseconds', {'at': pa.array([86_399_999_999_999, 0, 1, 999, None], pa.time64('ns'))}, **plain)

write('lz4-raw', {'i': [1, 2, 3]}, compression='lz4')
# The codec of the column: 5 is LZ4, 7 LZ4_RAW.
patched('lz4-raw', 'lz4', (b'\x19\x18\x01i\x15\x0e', b'\x19\x18\x01i\x15\x0a'))

floats = [1.5, 2.5, -0.25]
split = {'compression': 'none', 'use_dictionary': False}
write('split-floats', {'f': pa.array(floats, pa.float64()), 'g': pa.array(floats, pa.float32())},
      column_encoding={'f': 'BYTE_STREAM_SPLIT', 'g': 'BYTE_STREAM_SPLIT'}, **split)
write('split-integers', {'i': pa.array([1, 2, 3], pa.int32())}, column_encoding={'i': 'BYTE_STREAM_SPLIT'}, **split)

# A list whose group says that it is a map: one of keys alone.
write('map-without-values', {'m': pa.array([['a', 'b'], ['c'], None], pa.list_(pa.field('element', pa.string(), nullable=False)))}, **plain)
patched('map-without-values', 'map-without-values', (b'\x18\x01m\x15\x02\x15\x06\x4c\x3c\x00\x00', b'\x18\x01m\x15\x02\x15\x02\x4c\x2c\x00\x00'))

duckdb.sql("COPY (SELECT unnest([1::VARIANT, 'x'::VARIANT, [1, 2]::VARIANT, NULL]) AS v) TO "
           f"'{FOLDER / 'variant.parquet'}' (COMPRESSION uncompressed)")
patched('variant', 'variant-without-value', (b'\x18\x05value', b'\x18\x05Value'))
