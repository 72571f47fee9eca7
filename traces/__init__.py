"""What a run of a protocol is: the trace type, its file format, its renderings."""

from quorate.traces.errors import TraceError
from quorate.traces.itf import dumps_itf, loads_itf, read_itf, write_itf
from quorate.traces.mermaid import render_mermaid
from quorate.traces.spacetime import render_spacetime
from quorate.traces.table import render_table
from quorate.traces.trace import (
    Absent,
    Change,
    Excerpt,
    Received,
    Source,
    State,
    Step,
    Trace,
    Undefined,
    Violation,
)
from quorate.traces.values import FrozenMap, Record, Value, in_order, show

__all__ = [
    "Absent",
    "Change",
    "Excerpt",
    "FrozenMap",
    "Received",
    "Record",
    "Source",
    "State",
    "Step",
    "Trace",
    "TraceError",
    "Undefined",
    "Value",
    "Violation",
    "dumps_itf",
    "in_order",
    "loads_itf",
    "read_itf",
    "render_mermaid",
    "render_spacetime",
    "render_table",
    "show",
    "write_itf",
]
