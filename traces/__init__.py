"""Runs of protocols: the trace type, its file format, its renderings."""

from .changes import Absent, Change
from .departure import BothSides, Departure
from .errors import TraceError
from .itf import dumps_itf, loads_itf, read_itf, write_itf
from .mermaid import render_mermaid
from .reading import read_trace
from .shiviz import render_shiviz
from .spacetime import render_spacetime
from .table import render_table
from .trace import (
    Excerpt,
    Received,
    Source,
    State,
    Step,
    Trace,
    Undefined,
    Violation,
)
from .validation import validate
from .values import FrozenMap, Record, Value, in_order, show

__all__ = [
    "Absent",
    "BothSides",
    "Change",
    "Departure",
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
    "read_trace",
    "render_mermaid",
    "render_shiviz",
    "render_spacetime",
    "render_table",
    "show",
    "validate",
    "write_itf",
]
