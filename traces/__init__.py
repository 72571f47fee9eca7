"""What a run of a protocol is: the trace type, its file format, its renderings."""

from quorate.traces.errors import TraceError
from quorate.traces.trace import Absent, Change, Received, Source, State, Step, Trace, Violation
from quorate.traces.values import FrozenMap, Record, Value, in_order, show

__all__ = [
    "Absent",
    "Change",
    "FrozenMap",
    "Received",
    "Record",
    "Source",
    "State",
    "Step",
    "Trace",
    "TraceError",
    "Value",
    "Violation",
    "in_order",
    "show",
]
