"""Tables in memory, on their way to the engine: an Arrow IPC stream over the pipe, with all types kept."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Union

from ._connection import Connection, connection
from ._errors import VarveError

#: A path or a version, or a table in memory: a data frame of pandas or polars, a table of pyarrow, a dataset of
#: Hugging Face, whatever has ``__arrow_c_stream__``, arrays by the names of their columns, or a list of rows.
Data = Any
PathLike = Union[str, "os.PathLike[str]"]

#: Few enough for the engine to take one in at a time, and enough for their number not to matter.
_ROWS_PER_BATCH = 65_536
_BYTES_PER_FRAME = 4 * 1024 * 1024


@contextmanager
def named(data: Data, name: str | None = None) -> Iterator[str]:
    """Give what the engine reads ``data`` by: a path as it is; of a table, the path at which it lies for so long.

    Raises:
        VarveError: ``usage`` if it is neither a path nor a table.
    """
    if isinstance(data, (str, os.PathLike)):
        yield os.fspath(data)
        return
    link = connection()
    opened, _ = link.call("table.open", {"name": name or name_of(data)})
    number = opened["table"]
    try:
        with _Sink(link, number) as sink:
            _write(data, sink)
        yield opened["path"]
    finally:
        if link.is_open:
            link.call("table.close", {"table": number})


def name_of(data: Data) -> str:
    """What reports call a table without a name: its kind."""
    kind = type(data)
    package = kind.__module__.split(".")[0]
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


class _Sink(io.RawIOBase):
    """A file that is the helper's."""

    def __init__(self, link: Connection, number: int) -> None:
        super().__init__()
        self._link = link
        self._number = number
        self._waiting = bytearray()
        self._is_given_up = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = memoryview(data).cast("B")
        if self._is_given_up:
            return len(piece)
        self._waiting += piece
        if len(self._waiting) >= _BYTES_PER_FRAME:
            self._send()
        return len(piece)

    def close(self) -> None:
        if not self.closed and not self._is_given_up:
            self._send()
        super().close()

    def _send(self) -> None:
        waiting = memoryview(bytes(self._waiting))
        self._waiting.clear()
        try:
            for start in range(0, len(waiting), _BYTES_PER_FRAME):
                piece = bytes(waiting[start : start + _BYTES_PER_FRAME])
                self._link.call("table.write", {"table": self._number}, piece)
        except BaseException:
            # Writers end their stream whatever happens. Nobody reads it now, and an error of that would hide this one.
            self._is_given_up = True
            raise


def _write(data: Data, sink: _Sink) -> None:
    package = type(data).__module__.split(".")[0]
    if package == "polars" and not hasattr(data, "write_ipc_stream"):
        data = data.collect()
    if package == "polars":
        data.write_ipc_stream(sink)
        return
    pa = _pyarrow(data)
    source = _reader_of(data, package, pa)
    with pa.ipc.new_stream(sink, source.schema) as writer:
        for batch in source:
            for start in range(0, max(batch.num_rows, 1), _ROWS_PER_BATCH):
                writer.write_batch(batch.slice(start, _ROWS_PER_BATCH))


def _reader_of(data: Data, package: str, pa: Any) -> Any:
    """Return a reader of record batches."""
    try:
        found = _table_of(data, package, pa)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise VarveError(
            "usage",
            f"{name_of(data)} does not go into Arrow's types: {error}",
            "Give the column that it names one type, as with `df['x'].astype('string')`, or leave it out.",
        ) from error
    if found is None:
        raise VarveError(
            "usage",
            f"{name_of(data)} is neither a path nor a table",
            "Give a path, `path@REV`, a data frame, a table of pyarrow, or arrays by the names of their columns.",
        )
    return found.to_reader() if hasattr(found, "to_reader") else found


def _table_of(data: Data, package: str, pa: Any) -> Any:
    """Return a table, a reader of one, or None for what is neither."""
    if package == "pandas":
        frame = data if hasattr(data, "columns") else data.to_frame()
        return pa.Table.from_pandas(frame, preserve_index=False)
    if package == "datasets":
        return _hugging_face_reader(data, pa)
    if isinstance(data, pa.RecordBatchReader) or hasattr(data, "to_reader"):
        return data
    if hasattr(data, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(data)
    if isinstance(data, Mapping):
        return pa.table({str(key): pa.array(value) for key, value in data.items()})
    if isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        return pa.Table.from_pylist(list(data))
    return None


def _hugging_face_reader(data: Data, pa: Any) -> Any:
    """Read a dataset in Arrow's form, in the order of its rows; of one that is streamed, its rows are read once."""
    batches = data.with_format("arrow").iter(batch_size=_ROWS_PER_BATCH)
    first = next(iter(batches), None)
    if first is None:
        return data.features.arrow_schema.empty_table().to_reader()

    def all_batches() -> Iterator[Any]:
        yield from first.to_batches()
        for table in batches:
            yield from table.cast(first.schema).to_batches()

    return pa.RecordBatchReader.from_batches(first.schema, all_batches())


def _pyarrow(data: Data) -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
    except ImportError as error:
        raise VarveError(
            "usage",
            f"pyarrow is not installed, which brings {name_of(data)} to the engine",
            "Run `pip install pyarrow`, or write the data to a file and give its path.",
        ) from error
    return pyarrow
