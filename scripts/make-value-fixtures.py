"""Makes the files of fixtures/values. Run with pyarrow 10 and pandas 1.5; what varve must read from them is what is printed."""
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent.parent / 'fixtures' / 'values'


def arrow(name, table):
    with ipc.new_file(FOLDER / f'{name}.arrow', table.schema) as writer:
        writer.write_table(table)
    print(name, [column.to_string() for column in table.columns])


def parquet(name, table):
    pq.write_table(table, FOLDER / f'{name}.parquet', version='2.6')


def integers(values, kind):
    return pa.array(values, pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)


nanoseconds = [pd.Timestamp.max.value, pd.Timestamp.min.value, 1_700_000_000_123_456_789, 1_700_000_000_123_456_788, None]
times = pa.table({
    'plain': integers(nanoseconds, pa.timestamp('ns')),
    'zoned': integers(nanoseconds, pa.timestamp('ns')).cast(pa.timestamp('ns', 'Europe/Vienna')),
    'micros': integers([2**63 - 1, -(2**63 - 1), 253_402_300_800_000_000, 0, None], pa.timestamp('us')),
    'day': integers([2**31 - 1, -(2**31 - 1), 2_932_897, -719_529, None], pa.date32()),
})
arrow('times', times)
parquet('times', times)

decimals = pa.table({'x': pa.array([Decimal('1.5'), Decimal('12345678901234567890123456789012345678901234.25')], pa.decimal256(60, 2))})
arrow('decimals', decimals)
parquet('decimals', decimals)

arrow('names', pa.Table.from_arrays([pa.array([n]) for n in range(5)], names=['a', 'A', 'a', '', '']))

text = pa.array(['a', 'b', 'a']).dictionary_encode()
lists = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), text)
arrow('dictionaries', pa.table({
    'list': pa.ListArray.from_arrays(pa.array([0, 2, 2, 3], pa.int32()), text),
    'struct': pa.StructArray.from_arrays([text], names=['d']),
    'lists': pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), lists),
    'time': pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), pa.array([1, 2], pa.timestamp('us'))),
    'decimal': pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.int8()), pa.array([Decimal('1.5'), Decimal('2.5')], pa.decimal128(5, 1))),
}))

kinds = pa.array([0, 1, 0], pa.int8())
arrow('unions', pa.table({
    'sparse': pa.UnionArray.from_sparse(kinds, [pa.array([1, 2, 3]), pa.array(['a', 'b', 'c'])]),
    'dense': pa.UnionArray.from_dense(kinds, pa.array([0, 0, 1], pa.int32()), [pa.array([1, 3]), pa.array(['b'])]),
    'large': pa.array([['x'], [], None], pa.large_list(pa.large_string())),
    'span': pa.array([1, 2, None], pa.duration('us')),
}))

maps = pa.table({
    'maps': pa.array([[[('a', 1)], [('b', 2), ('c', 3)]], [], None], pa.list_(pa.map_(pa.string(), pa.int64()))),
    'within': pa.array([[('a', [('x', 1)])], [], None], pa.map_(pa.string(), pa.map_(pa.string(), pa.int64()))),
    'empty': pa.array([[], [], None], pa.list_(pa.int64())),
    'deep': pa.array([[[]], [[], []], []], pa.list_(pa.list_(pa.int64()))),
})
arrow('lists', maps)
parquet('lists', maps)

parquet('no-columns', pa.table({}))
arrow('no-columns', pa.table({}))
parquet('no-names', pa.table({'s': pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=['', ' '])}))
