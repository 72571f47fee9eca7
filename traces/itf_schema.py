"""What an ITF file says beyond states: Quint's two variables, and the contents of `#meta`."""

from __future__ import annotations

from typing import Any

import msgspec

from quorate.traces.trace import Source, Violation

SCHEMA = 1
"""Grows when a reader of the present version could misread a newer file."""

# Quint's names for the action that led to a state and for its arguments.
ACTION = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"


class TraceMeta(msgspec.Struct, omit_defaults=True):
    """Under `quorate` in the `#meta` of the file."""

    schema: int
    protocol: str
    sizes: dict[str, int] = {}
    violation: Violation | None = None
    messages: str | None = None
    processes: tuple[str, ...] = ()
    digest: str | None = None
    faults: dict[str, int] = {}


class ReceivedMeta(msgspec.Struct):
    """One of `received` in a state's `#meta`; the message is an ITF value."""

    message: Any
    step: int


class StepMeta(msgspec.Struct, omit_defaults=True):
    """The `#meta` of a state: of the step that led to it."""

    index: int
    node: str | None = None
    received: tuple[ReceivedMeta, ...] = ()
    because: tuple[int, ...] = ()
    source: Source | None = None
