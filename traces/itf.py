"""Traces as files in the Informal Trace Format (`*.itf.json`), read and written.

Every tool that reads ITF can read what is written here. What ITF has no place
for (who received what from whom, the violation, sizes) is in `#meta`, so that
reading a file gives back the very trace that was written. Files of Quint and
Apalache are read too; what they do not say stays empty.
"""

from __future__ import annotations

from os import PathLike

from .errors import TraceError
from .files import LARGEST_FILE_BYTES, read_file, reason_of, replacing
from .itf_reader import parse, to_trace
from .itf_writer import to_document
from .trace import Trace
from .validation import validate


def read_itf(path: str | PathLike[str], largest_bytes: int = LARGEST_FILE_BYTES) -> Trace:
    """The trace in the file `path`; TraceError when there is none."""
    return loads_itf(read_file(path, largest_bytes), path)


def write_itf(trace: Trace, path: str | PathLike[str]) -> None:
    """Write `trace` to the file `path`, whole or not at all; TraceError when it cannot be done."""
    data = dumps_itf(trace, path)
    try:
        with replacing(path) as partial:
            partial.write_bytes(data)
    except OSError as error:
        expected = "a place where a trace can be written"
        raise TraceError(path, None, reason_of(error), expected) from error


def dumps_itf(trace: Trace, path: str | PathLike[str] | None = None) -> bytes:
    """`trace` as the bytes of an ITF file; `path` is for errors only.

    The same trace always gives the same bytes, one line for each state.
    """
    try:
        validate(trace)
        return to_document(trace)
    except TraceError as error:
        raise error.within(path) if path is not None else error from None
    except ValueError as error:
        # Half a surrogate pair in a name, or an integer of thousands of digits.
        raise TraceError(path, None, str(error), "values that JSON can hold") from error
    except RecursionError:
        raise TraceError(path, None, "values nested too deeply", "an ITF trace") from None


def loads_itf(data: bytes | str, path: str | PathLike[str] | None = None) -> Trace:
    """The trace in the bytes or text of an ITF file; `path` is for errors only."""
    try:
        trace = to_trace(
            parse(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        )
        validate(trace)
    except TraceError as error:
        raise error.within(path) if path is not None else error from None
    except RecursionError:
        raise TraceError(path, None, "values nested too deeply", "an ITF trace") from None
    return trace
