"""Files of traces, whoever wrote them: Quorate, Quint and Apalache (ITF), or TLC (JSON)."""

from __future__ import annotations

from os import PathLike

from .errors import TraceError
from .files import LARGEST_FILE_BYTES, read_file
from .itf import loads_itf
from .itf_json import load
from .tlc import is_tlc, tlc_trace
from .trace import Trace
from .validation import validate


def read_trace(path: str | PathLike[str], largest_bytes: int = LARGEST_FILE_BYTES) -> Trace:
    """The trace in the file `path`, ITF or JSON of TLC; TraceError when there is none."""
    data = read_file(path, largest_bytes)
    try:
        document = load(data)
        if not is_tlc(document):
            return loads_itf(data, path)
        trace = tlc_trace(document)
        validate(trace)
    except TraceError as error:
        raise error.within(path) from None
    except RecursionError:
        raise TraceError(path, None, "values nested too deeply", "a trace") from None
    return trace
